// WebSockets through the front: to an app in the process and to an upstream; asked for, refused, idle, and at a drain.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { TargetConfig } from '@tollgate/core';
import { plain, route, startFront, upstream, type Running, type Wanted } from '../support/front.ts';
import { exchangeRaw, rawConnect } from '../support/raw.ts';
import { httpUpstream, rawUpstream } from '../support/upstream.ts';

const APP = join(import.meta.dirname, '../support/echoApp.ts');
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const PROOF = createHash('sha1').update(`${KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
const UPGRADE = `GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n\r\n`;
const SWITCHING = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${PROOF}\r\n\r\n`;

async function echoUpstream(): Promise<TargetConfig> {
  const { url, server } = await httpUpstream((_request, response) => response.end('plain\n'));
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket, request) => {
    if (request.url === '/who') socket.send(JSON.stringify(request.headers));
    socket.on('message', (data, binary) => socket.send(data, { binary }));
  });
  onTestFinished(() => {
    for (const socket of sockets.clients) socket.terminate();
    sockets.close();
  });
  return upstream([url]);
}

const frontOf = (target: TargetConfig, wanted: Wanted = {}): Promise<Running> =>
  startFront({ ...wanted, routes: [route('/', target)] });

function open(url: string): WebSocket {
  const socket = new WebSocket(url, { rejectUnauthorized: false });
  onTestFinished(() => socket.terminate());
  return socket;
}

describe.each([
  ['an app in the process', async (): Promise<TargetConfig> => ({ kind: 'app', module: APP })],
  ['an upstream', echoUpstream],
])('a WebSocket to %s', (_name, target) => {
  it('echoes small, large and binary messages over TLS, and is recorded when it closes', async () => {
    const { httpsPort, record, front } = await frontOf(await target());
    const socket = open(`wss://localhost:${httpsPort}/echo`);
    await once(socket, 'open');
    for (const message of [Buffer.from('hi'), Buffer.alloc(200, 1), Buffer.alloc(3_000_000, 2)]) {
      socket.send(message);
      const [echoed] = await once(socket, 'message');
      expect(message.equals(echoed)).toBe(true);
    }
    expect(front.status()).toMatchObject({ tunnels: 1, activeRequests: 1 });
    socket.close(1000);
    const [code] = await once(socket, 'close');
    expect(code).toBe(1000);
    const found = await record();
    expect(found).toMatchObject({ status: 101, path: '/echo', method: 'GET' });
    expect(found.bytesIn).toBeGreaterThan(3_000_000);
    expect(found.bytesOut).toBeGreaterThan(3_000_000);
    await expect.poll(() => front.status()).toMatchObject({ tunnels: 0, activeRequests: 0, connections: 0 });
  });

  it('is told to leave with 1001 at a drain, between two frames', async () => {
    const { httpsPort, front } = await frontOf(await target());
    const socket = open(`wss://localhost:${httpsPort}/echo`);
    await once(socket, 'open');
    socket.send(Buffer.alloc(1_000_000));
    const closed = once(socket, 'close');
    await once(socket, 'message');
    const drained = front.drain();
    expect((await closed)[0]).toBe(1001);
    await drained;
    expect(front.status()).toMatchObject({ connections: 0, tunnels: 0 });
  });

  it('stays open over a reload that leaves its route', async () => {
    const running = await frontOf(await target());
    const socket = open(`wss://localhost:${running.httpsPort}/echo`);
    await once(socket, 'open');
    await running.front.reload({ ...running.config, limits: { ...running.config.limits, bodyBytes: 5 } });
    await running.front.reload({
      ...running.config,
      sites: running.config.sites.map((site) => ({ ...site, routes: [] })),
    });
    socket.send('still here');
    expect(String((await once(socket, 'message'))[0])).toBe('still here');
  });
});

describe('a tunnel', () => {
  it('passes on 101 only with the proof that it answers this request', async () => {
    const { url } = await rawUpstream((socket) => socket.write(SWITCHING.replace(PROOF, 'AAAA')));
    const { httpPort, record } = await startFront(plain({ routes: [route('/', upstream([url]))] }));
    expect(await exchangeRaw(httpPort, UPGRADE)).toMatch(/^HTTP\/1\.1 502 /);
    expect(await record()).toMatchObject({ status: 502 });
  });

  it('sends the upstream one canonical request for it, and the client told', async () => {
    const { url, seen } = await rawUpstream((socket) => socket.write(SWITCHING));
    const { httpPort } = await startFront(plain({ routes: [route('/', upstream([url]))] }));
    const client = rawConnect(httpPort);
    client.write(UPGRADE.replace('/ws', '/a/../ws?x'));
    await client.until((text) => text.includes('101 Switching Protocols'));
    expect(seen[0]).toMatch(/^GET \/ws\?x HTTP\/1\.1\r\nHost: a\r\n/);
    expect(seen[0]).toContain('X-Forwarded-For: 127.0.0.1\r\n');
    expect(seen[0]).toMatch(/Connection: Upgrade\r\nUpgrade: websocket\r\n/);
    expect(seen[0]?.match(/connection:/gi)).toHaveLength(1);
  });

  it('passes on a refusal of the upstream as the answer that it is', async () => {
    const { url } = await rawUpstream((socket) =>
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno\n'),
    );
    const { httpPort, record } = await startFront(plain({ routes: [route('/', upstream([url]))] }));
    expect(await exchangeRaw(httpPort, UPGRADE)).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n[\s\S]*no\n$/);
    expect(await record()).toMatchObject({ status: 403, upstream: url });
  });

  it('answers 502 and 504 for an upstream that refuses, leaves or is silent', async () => {
    const gone = await startFront(plain({ routes: [route('/', upstream(['http://127.0.0.1:1']))] }));
    expect(await exchangeRaw(gone.httpPort, UPGRADE)).toMatch(/^HTTP\/1\.1 502 /);
    const leaving = await rawUpstream((socket) => socket.destroy());
    const left = await startFront(plain({ routes: [route('/', upstream([leaving.url]))] }));
    expect(await exchangeRaw(left.httpPort, UPGRADE)).toMatch(/^HTTP\/1\.1 502 /);
    const silent = await rawUpstream(() => undefined);
    const wanted = { routes: [route('/', upstream([silent.url]))], timeouts: { upstreamHeaderMs: 100 } };
    expect(await exchangeRaw((await startFront(plain(wanted))).httpPort, UPGRADE)).toMatch(
      /^HTTP\/1\.1 504 /,
    );
  });

  it('ends when nothing moves for its idle time', async () => {
    const { url, sockets } = await rawUpstream((socket) => socket.write(SWITCHING));
    const wanted = { routes: [route('/', upstream([url]))], timeouts: { tunnelIdleMs: 200 } };
    const { httpPort, record } = await startFront(plain(wanted));
    const client = rawConnect(httpPort);
    client.write(UPGRADE);
    await client.untilClosed();
    expect(await record()).toMatchObject({ status: 101 });
    await expect.poll(() => sockets[0]?.destroyed).toBe(true);
  });

  it('survives a client that resets its connection, over TLS', async () => {
    const { url, sockets } = await rawUpstream((socket) => socket.write(SWITCHING));
    const { httpsPort, record, front } = await startFront({ routes: [route('/', upstream([url]))] });
    const tcp = connectTcp(httpsPort, '127.0.0.1');
    const client = connectTls({ socket: tcp, rejectUnauthorized: false });
    client.on('error', () => undefined);
    client.write(UPGRADE);
    await once(client, 'data');
    const flood = setInterval(() => sockets[0]?.write(Buffer.alloc(65_536)), 1);
    onTestFinished(() => clearInterval(flood));
    tcp.resetAndDestroy();
    expect(await record()).toMatchObject({ status: 101 });
    await expect.poll(() => front.status()).toMatchObject({ connections: 0, state: 'serving' });
  });

  it('does not read from the upstream what the client does not take', async () => {
    let written = 0;
    const { url, sockets } = await rawUpstream((socket) => socket.write(SWITCHING));
    const { httpPort } = await startFront(plain({ routes: [route('/', upstream([url]))] }));
    const client = rawConnect(httpPort);
    client.write(UPGRADE);
    await client.until((text) => text.includes('101'));
    client.socket.pause();
    const [socket] = sockets;
    if (socket === undefined) throw new Error('expected a connection');
    const frame = Buffer.concat([Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]), Buffer.alloc(65_536)]);
    while (written < 100_000_000 && socket.write(frame)) written += frame.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    while (written < 100_000_000 && socket.write(frame)) written += frame.length;
    expect(written).toBeLessThan(30_000_000);
  });

  it('serves a request whose Upgrade asks for nothing the front knows, without it', async () => {
    const { url } = await httpUpstream((request, response) => response.end(String(request.headers.upgrade)));
    const { httpPort } = await startFront(plain({ routes: [route('/', upstream([url]))] }));
    const answer = await exchangeRaw(
      httpPort,
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: foo\r\n\r\n',
    );
    expect(answer).toMatch(/undefined$/);
  });
});

it("a WebSocket is asked for under the server's own name where the upstream wants that", async () => {
  const behind = await rawUpstream((socket) => socket.end(SWITCHING));
  const to = upstream([behind.url], { host: 'upstream' });
  const { httpPort } = await startFront(plain({ routes: [route('/', to)] }));
  await exchangeRaw(httpPort, UPGRADE);
  expect(behind.seen[0]).toContain(`\r\nHost: 127.0.0.1:${behind.port}\r\n`);
});
