import { request } from 'node:http';
import { connect } from 'node:http2';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json, text } from 'node:stream/consumers';
import fastify from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import backend from '../../src/app.ts';
import type { Front } from '../../src/request/front.ts';
import { runningSite } from '../running-site.ts';

/** What a front adds for a client that spoke HTTP/2 over TLS 1.3 to it. */
const FROM_FRONT = {
  'x-forwarded-for': '203.0.113.7',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'example.com',
  'x-forwarded-tls': 'TLSv1.3 TLS_AES_128_GCM_SHA256',
  'x-request-id': 'abc123',
  'x-request-start': 't=1700000000000000',
  via: '2.0 tollgate',
  forwarded: 'for=203.0.113.7;proto=https',
};

const whoami = async (url: string, headers: Record<string, string> = {}): Promise<unknown> =>
  (await fetch(`${url}/api/whoami`, { headers })).json();

async function injected(
  front: Front,
  headers: Record<string, string>,
  remoteAddress: string,
): Promise<unknown> {
  const site = fastify();
  onTestFinished(() => site.close());
  await site.register(backend, { front });
  return (await site.inject({ url: '/api/whoami', headers, remoteAddress })).json();
}

describe('/api/whoami', () => {
  it('tells a direct client of its own connection', async () => {
    const { url } = await runningSite();
    expect(await whoami(url)).toMatchObject({
      client: '127.0.0.1',
      protocol: 'HTTP/1.1',
      scheme: 'http',
      tls: null,
      front: null,
      micros: { front: null },
    });
  });

  it('tells the TLS version and cipher of a direct HTTP/2 connection', async () => {
    const { url } = await runningSite({ tls: true });
    const session = connect(url, { rejectUnauthorized: false });
    onTestFinished(() => session.destroy());
    expect(await json(session.request({ ':path': '/api/whoami' }))).toMatchObject({
      host: new URL(url).host,
      protocol: 'HTTP/2.0',
      scheme: 'https',
      tls: { version: 'TLSv1.3', cipher: expect.stringMatching(/^TLS_AES_/) },
    });
  });

  it('believes a front on this machine', async () => {
    const { url } = await runningSite();
    expect(await whoami(url, FROM_FRONT)).toMatchObject({
      requestId: 'abc123',
      client: '203.0.113.7',
      protocol: 'HTTP/2.0',
      scheme: 'https',
      tls: { version: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256' },
      front: { hop: 'tcp', hopProtocol: 'HTTP/1.1' },
      micros: { front: expect.any(Number), app: expect.any(Number) },
    });
  });

  it('believes a front on the other side of a unix socket', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tollgate-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const socketPath = join(directory, 'app.sock');
    await runningSite({ listening: { kind: 'unix', path: socketPath } });
    const answer = await new Promise((resolve, reject) => {
      request({ socketPath, path: '/api/whoami', headers: FROM_FRONT }, (response) => resolve(json(response)))
        .on('error', reject)
        .end();
    });
    expect(answer).toMatchObject({ client: '203.0.113.7', front: { hop: 'unix' } });
  });

  it.each([
    ['none', '127.0.0.1'],
    ['local', '198.51.100.9'],
  ] as const)('takes no client’s word when told %s and asked from %s', async (front, address) => {
    expect(await injected(front, FROM_FRONT, address)).toMatchObject({
      requestId: null,
      client: address,
      protocol: 'HTTP/1.1',
      scheme: 'http',
      tls: null,
      front: null,
    });
  });

  it('knows itself inside the front', async () => {
    expect(await injected('in-process', FROM_FRONT, '203.0.113.7')).toMatchObject({
      client: '203.0.113.7',
      front: { hop: 'in-process' },
    });
  });

  it('hides credentials', async () => {
    const { url } = await runningSite();
    const answer = JSON.stringify(await whoami(url, { cookie: 'id=secret', authorization: 'Bearer secret' }));
    expect(answer).toContain('(hidden)');
    expect(answer).not.toContain('secret');
  });

  it('gives the tiers’ times to the browser’s own panel', async () => {
    const { url } = await runningSite();
    const direct = await fetch(`${url}/api/whoami`);
    expect(direct.headers.get('server-timing')).toMatch(/^app;dur=[\d.]+$/);
    const behind = await fetch(`${url}/api/whoami`, { headers: FROM_FRONT });
    expect(behind.headers.get('server-timing')).toMatch(/^front;dur=[\d.]+, app;dur=[\d.]+$/);
  });
});

describe('the home page', () => {
  it('explains every field that the front added', async () => {
    const { url } = await runningSite();
    const page = await (await fetch(url, { headers: FROM_FRONT })).text();
    for (const [name, value] of Object.entries(FROM_FRONT)) {
      expect(page).toContain(`<code>${name}</code>`);
      expect(page).toContain(`<code>${value}</code>`);
    }
  });

  it('says so when there is no front', async () => {
    const { url } = await runningSite();
    expect(await (await fetch(url)).text()).toContain('no front tier stands between');
  });

  it('shows what a client wrote as text, never as markup', async () => {
    const { url } = await runningSite();
    const headers = { 'user-agent': '<script>alert(1)</script>', 'x-evil': `"'><img src=x>` };
    const page = await (await fetch(`${url}/?q=<b>`, { headers: { ...FROM_FRONT, ...headers } })).text();
    expect(page).not.toContain('<script>alert');
    expect(page).not.toContain('<img src=x>');
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  });

  it('answers HEAD with the length of the page and without it', async () => {
    const { url } = await runningSite({ tls: true });
    const session = connect(url, { rejectUnauthorized: false });
    onTestFinished(() => session.destroy());
    const stream = session.request({ ':method': 'HEAD', ':path': '/' });
    const [body, headers] = await Promise.all([
      text(stream),
      new Promise<Record<string, unknown>>((resolve) => stream.on('response', resolve)),
    ]);
    expect(body).toBe('');
    expect(Number(headers['content-length'])).toBeGreaterThan(2000);
  });
});
