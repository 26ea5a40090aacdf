import { createHash } from 'node:crypto';
import { get, request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { runningSite } from '../running-site.ts';

describe('the small answers', () => {
  it('/healthz says ok, to HEAD too', async () => {
    const { url } = await runningSite();
    expect(await (await fetch(`${url}/healthz`)).text()).toBe('ok\n');
    const head = await fetch(`${url}/healthz`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '3']);
  });

  it('/slow waits as long as it is asked', async () => {
    const { url } = await runningSite();
    const start = performance.now();
    const response = await fetch(`${url}/slow?ms=120`);
    expect(await response.json()).toEqual({ waitedMs: 120 });
    expect(performance.now() - start).toBeGreaterThanOrEqual(115);
  });

  it('/slow refuses more than a minute', async () => {
    const { url } = await runningSite();
    expect((await fetch(`${url}/slow?ms=60001`)).status).toBe(400);
  });

  it('lets go of a slow answer when its client leaves', async () => {
    const site = await runningSite();
    const leaving = get(`${site.url}/slow?ms=60000`).on('error', () => {
      // Its own hanging up.
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    leaving.destroy();
    await site.close();
  });

  it.each([200, 201, 204, 205, 301, 304, 404, 418, 500, 503, 599])('/status answers %i', async (code) => {
    const { url } = await runningSite();
    const response = await fetch(`${url}/status?code=${code}`, { redirect: 'manual' });
    expect(response.status).toBe(code);
    const body = await response.text();
    expect(body).toBe([204, 205, 304].includes(code) ? '' : JSON.stringify({ status: code }));
  });

  it.each([100, 101, 199, 600])('/status refuses %i, which is no final status', async (code) => {
    const { url } = await runningSite();
    expect((await fetch(`${url}/status?code=${code}`)).status).toBe(400);
  });

  it('/trailers shows the request’s trailer fields and sends a digest as its own', async () => {
    const { url } = await runningSite();
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = httpRequest(`${url}/trailers`, { method: 'POST' }, resolve).on('error', reject);
      request.setHeader('trailer', 'x-sum');
      request.write('body');
      request.addTrailers({ 'x-sum': '42' });
      request.end();
    });
    const body = await text(response);
    expect(JSON.parse(body)).toEqual({ trailers: { 'x-sum': '42' } });
    const digest = createHash('sha256').update(body).digest('base64');
    expect(response.trailers).toEqual({ 'repr-digest': `sha-256=:${digest}:` });
  });

  it('an unknown path is 404 with a way home, a known one with another method too', async () => {
    const { url } = await runningSite();
    const response = await fetch(`${url}/nowhere`, { method: 'DELETE', body: 'x' });
    expect(response.status).toBe(404);
    expect(await response.text()).toContain('home page');
    expect((await fetch(`${url}/healthz`, { method: 'POST' })).status).toBe(404);
  });
});
