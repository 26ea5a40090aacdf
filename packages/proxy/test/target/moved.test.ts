// Redirects that carry the request's own path, and the file that stands in for one that is not there.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TargetConfig } from '@tollgate/core';
import { plain, route, startFront, temporaryDirectory, type Running } from '../support/front.ts';

const redirect = (to: string, keepPath: 'whole' | 'rest'): TargetConfig => ({
  kind: 'redirect',
  to,
  status: 301,
  keepPath,
});

async function ask({ httpPort }: Running, path: string): Promise<Response> {
  return fetch(`http://127.0.0.1:${httpPort}${path}`, { redirect: 'manual' });
}

describe('a redirect that keeps the path', () => {
  it.each([
    ['/whole/a%20b?x=1', 'https://www.example.com/whole/a%20b?x=1'],
    ['/whole//evil.example/', 'https://www.example.com/whole//evil.example/'],
    ['/rest/a/b?x=1', '/new/a/b?x=1'],
    ['/rest/', '/new/'],
    ['/rest//evil.example/', '/new/evil.example/'],
    ['/one?x=1', '/other?x=1'],
    ['/top//evil.example/a', '/evil.example/a'],
    ['/top/', '/'],
  ])('%s goes to %s', async (path, location) => {
    const running = await startFront(
      plain({
        routes: [
          route('/whole/', redirect('https://www.example.com/', 'whole')),
          route('/rest/', redirect('/new', 'rest')),
          route('/one', redirect('/other', 'rest')),
          route('/top/', redirect('/', 'rest')),
        ],
      }),
    );
    const answer = await ask(running, path);
    expect(answer.status).toBe(301);
    expect(answer.headers.get('location')).toBe(location);
  });
});

describe('a fallback of files', () => {
  it('answers with 200 for a name that no file has, never for a hidden one', async () => {
    const directory = join(temporaryDirectory(), 'site');
    mkdirSync(directory);
    writeFileSync(join(directory, 'app.html'), 'app');
    writeFileSync(join(directory, 'real.txt'), 'real');
    const files = { directory, index: [], cacheControl: undefined, fallback: 'app.html' };
    const running = await startFront(plain({ routes: [route('/', { kind: 'files', files })] }));
    const texts = await Promise.all(
      ['/real.txt', '/', '/some/view?x'].map(async (path) => (await ask(running, path)).text()),
    );
    expect(texts).toEqual(['real', 'app', 'app']);
    expect((await ask(running, '/.env')).status).toBe(404);
  });
});

it('a redirect that keeps the rest of a rewritten path cannot be led to another host', async () => {
  const policy = { rewrite: [{ match: '^/old/(.*)$', to: '/$1' }] };
  const to = redirect('https://www.example.com', 'rest');
  const running = await startFront(plain({ routes: [route('/old/', to, undefined, policy)] }));
  for (const path of ['abc@evil.example/', '.evil.example/x', '']) {
    const { headers } = await ask(running, `/old/${path}`);
    expect(headers.get('location')).toBe(`https://www.example.com/${path}`);
  }
});
