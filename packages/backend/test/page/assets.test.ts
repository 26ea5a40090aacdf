import { describe, expect, it } from 'vitest';
import { runningSite } from '../running-site.ts';

const ASSETS = [
  ['/style.css', 'text/css; charset=utf-8'],
  ['/page.js', 'text/javascript; charset=utf-8'],
  ['/icon.svg', 'image/svg+xml'],
  ['/favicon.ico', 'image/x-icon'],
] as const;

describe.each(ASSETS)('%s', (path, type) => {
  it('is sent with its type, an entity tag and a time to live', async () => {
    const { url } = await runningSite();
    const response = await fetch(url + path);
    expect(response.headers.get('content-type')).toBe(type);
    expect(response.headers.get('cache-control')).toBe('public, max-age=300');
    expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(100);
  });

  it('is not sent again to who holds it', async () => {
    const { url } = await runningSite();
    const etag = (await fetch(url + path)).headers.get('etag') ?? '';
    for (const condition of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await fetch(url + path, { headers: { 'if-none-match': condition } });
      expect([again.status, again.headers.get('etag')]).toEqual([304, etag]);
    }
    const changed = await fetch(url + path, { headers: { 'if-none-match': '"other"' } });
    expect(changed.status).toBe(200);
  });
});
