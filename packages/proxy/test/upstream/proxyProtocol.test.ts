// PROXY headers against a real HAProxy that wants them: every way there, over TCP and below TLS, and for the front's own checks.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { UpstreamConfig } from '@tollgate/core';
import { selfSigned } from '../../src/tls/selfSigned.ts';
import { askBy } from '../support/asking.ts';
import {
  plain,
  route,
  startFront,
  temporaryDirectory,
  upstream,
  type Running,
  type Wanted,
} from '../support/front.ts';
import { haproxyTold } from '../support/haproxy.ts';
import { rawConnect } from '../support/raw.ts';
import { rawUpstream } from '../support/upstream.ts';

const ENGINES = ['http-proxy', 'wire'] as const;
const VERSIONS = ['v1', 'v2'] as const;
const WAYS = ENGINES.flatMap((engine) => VERSIONS.map((proxyProtocol) => ({ engine, proxyProtocol })));

const frontOf = (server: string, more: Partial<UpstreamConfig>, wanted: Wanted = {}): Promise<Running> =>
  startFront({ routes: [route('/', upstream([server], { keepAliveSockets: 0, ...more }))], ...wanted });

describe.each(WAYS)('PROXY $proxyProtocol by $engine', (how) => {
  it('tells HAProxy who the client is, anew for each', async () => {
    const port = await haproxyTold();
    const running = await frontOf(`http://127.0.0.1:${port}`, how, plain());
    for (let count = 0; count < 2; count++) {
      const client = rawConnect(running.httpPort);
      await once(client.socket, 'connect');
      const { localPort } = client.socket;
      client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
      expect(await client.untilClosed()).toMatch(
        new RegExp(`\r\n\r\n127\\.0\\.0\\.1 ${localPort} 127\\.0\\.0\\.1 ${running.httpPort}$`),
      );
    }
  });

  it('tells it over HTTP/2 too, and below TLS', async () => {
    const directory = temporaryDirectory();
    const { certificate, key } = await selfSigned(directory, ['backend.test']);
    const ca = join(directory, 'ca.pem');
    writeFileSync(ca, certificate);
    const port = await haproxyTold(`${certificate}\n${key}`);
    const running = await frontOf(`https://127.0.0.1:${port}`, { ...how, ca, serverName: 'backend.test' });
    for (const protocol of ['h1', 'h2'] as const) {
      const { status, body } = await askBy(protocol, running);
      expect([status, body]).toEqual([
        200,
        expect.stringMatching(new RegExp(`^127\\.0\\.0\\.1 \\d+ 127\\.0\\.0\\.1 ${running.httpsPort}$`)),
      ]);
    }
  });

  it('tells the client that a trusted proxy vouches for, without a port', async () => {
    const port = await haproxyTold();
    const running = await frontOf(`http://127.0.0.1:${port}`, how, { trustedProxies: ['127.0.0.1'] });
    const { body } = await askBy('h1', running, { fields: { 'x-forwarded-for': '192.0.2.7' } });
    // HAProxy writes no port 0.
    expect(body).toBe(`192.0.2.7  127.0.0.1 ${running.httpsPort}`);
  });
});

describe.each(ENGINES)('PROXY by %s', (engine) => {
  it('has a connection for each request, and none of them is shared', async () => {
    const behind = await rawUpstream((socket, text) => {
      if (text.endsWith('\r\n\r\n')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    });
    const running = await frontOf(behind.url, { engine, proxyProtocol: 'v1' });
    for (let count = 0; count < 3; count++) expect((await askBy('h1', running)).body).toBe('ok');
    expect(behind.seen).toHaveLength(3);
    for (const text of behind.seen) expect(text.match(/PROXY TCP4 127/g)).toHaveLength(1);
    await expect.poll(() => behind.sockets.every(({ destroyed }) => destroyed)).toBe(true);
  });

  it('begins a WebSocket with it', async () => {
    const behind = await rawUpstream(() => undefined);
    const running = await frontOf(behind.url, { engine, proxyProtocol: 'v1' });
    const socket = new WebSocket(`wss://127.0.0.1:${running.httpsPort}/`, { rejectUnauthorized: false });
    socket.on('error', () => undefined);
    await expect
      .poll(() => behind.seen[0])
      .toMatch(/^PROXY TCP4 127\.0\.0\.1 127\.0\.0\.1 \d+ \d+\r\nGET \/ HTTP\/1\.1\r\n/);
    socket.terminate();
  });

  it('answers 502 when the server refuses the connection, below TLS too', async () => {
    for (const server of ['http://127.0.0.1:1', 'https://127.0.0.1:1']) {
      const running = await frontOf(server, { engine, proxyProtocol: 'v2' });
      expect((await askBy('h1', running)).status).toBe(502);
    }
  });
});

describe('PROXY', () => {
  it.each(VERSIONS)("%s says of the front's own checks that they are nobody's", async (proxyProtocol) => {
    const health = {
      host: undefined,
      path: '/',
      intervalMs: 50,
      timeoutMs: 2000,
      fall: 1,
      rise: 1,
      statuses: [[200, 200]],
    } as const;
    const port = await haproxyTold();
    const running = await frontOf(`http://127.0.0.1:${port}`, { proxyProtocol, health });
    await expect.poll(() => running.front.status().upstreams[0]?.checks?.passed).toBeGreaterThan(0);
    expect(running.front.status().upstreams[0]).toMatchObject({ checks: { failed: 0 } });
  });
});
