// HTTP/2 in the full lane: the same answers, and the bounds that keep one client from taking more than its share.
import { once } from 'node:events';
import {
  connect,
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { route, startFront, type Running, type Wanted } from '../../support/front.ts';
import { frame, get, openFrames, PING, SETTINGS, TYPE } from '../../support/h2Frames.ts';

const APP = join(import.meta.dirname, '../../support/echoApp.ts');

const appFront = (wanted: Wanted = {}, bodyBytes = 1_000_000): Promise<Running> =>
  startFront({ ...wanted, routes: [route('/', { kind: 'app', module: APP }, bodyBytes)] });

function open(port: number): ClientHttp2Session {
  const session = connect(`https://localhost:${port}`, { rejectUnauthorized: false });
  session.on('error', () => undefined);
  onTestFinished(() => session.destroy());
  return session;
}

async function ask(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  body?: string,
): Promise<IncomingHttpHeaders & { body: string; ':status'?: number }> {
  const stream = session.request(headers, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  const [answer] = await once(stream, 'response');
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += chunk;
  return { ...answer, body: text };
}

const closed = (stream: ClientHttp2Stream): Promise<number> =>
  new Promise((resolve) => {
    stream.on('error', () => undefined);
    stream.resume();
    stream.once('close', () => resolve(stream.rstCode ?? 0));
  });

describe('h2, full lane', () => {
  it('serves an app with the fields that it would get behind a hop', async () => {
    const { httpsPort, record } = await appFront();
    const answer = await ask(open(httpsPort), {
      ':path': '/a/../b?c',
      cookie: ['a=1', 'b=2'],
      'x-forwarded-for': '9.9.9.9',
    });
    expect(answer[':status']).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({
      method: 'GET',
      url: '/b?c',
      ip: '127.0.0.1',
      headers: {
        host: `localhost:${httpsPort}`,
        cookie: 'a=1; b=2',
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-proto': 'https',
        'x-forwarded-tls': 'TLSv1.3 TLS_AES_128_GCM_SHA256',
      },
    });
    expect(await record()).toMatchObject({
      protocol: 'HTTP/2.0',
      host: 'localhost',
      path: '/b?c',
      status: 200,
    });
  });

  it.each([
    ['a path above the root', { ':path': '/../x' }, 400],
    ['a host that is none', { ':authority': 'a..b' }, 400],
    ['two hosts', { ':authority': 'a', host: 'b' }, 400],
    ['a long target', { ':path': `/${'x'.repeat(9000)}` }, 414],
    ['large fields', { x: 'x'.repeat(17_000) }, 431],
    ['another expectation', { expect: 'cake' }, 417],
    ['TRACE', { ':method': 'TRACE' }, 501],
  ])('refuses %s, and the connection goes on', async (_name, headers, status) => {
    const { httpsPort, records } = await appFront();
    const session = open(httpsPort);
    expect((await ask(session, headers))[':status']).toBe(status);
    expect((await ask(session, { ':path': '/next' }))[':status']).toBe(200);
    await expect.poll(() => records.map((record) => record.status)).toEqual([status, 200]);
  });

  it('counts bodies, and answers 413 to those too large, announced or not', async () => {
    const { httpsPort } = await appFront({}, 100_000);
    const session = open(httpsPort);
    const post = { ':path': '/count', ':method': 'POST' };
    expect(JSON.parse((await ask(session, post, 'x'.repeat(70_000))).body)).toMatchObject({ bytes: 70_000 });
    expect((await ask(session, { ...post, 'content-length': 100_001 }, 'x'.repeat(100_001)))[':status']).toBe(
      413,
    );
    const stream = session.request(post);
    stream.on('error', () => undefined);
    stream.write('x'.repeat(300_000));
    const [answer] = await once(stream, 'response');
    expect(answer[':status']).toBe(413);
    expect((await ask(session, { ':path': '/next' }))[':status']).toBe(200);
  });

  it('allows the streams of the configuration at once, and no more', async () => {
    const { httpsPort } = await appFront({ limits: { h2Streams: 3 } });
    const session = open(httpsPort);
    await once(session, 'remoteSettings');
    expect(session.remoteSettings.maxConcurrentStreams).toBe(3);
    expect(session.remoteSettings.maxHeaderListSize).toBe(32_768);
    expect(session.remoteSettings.enablePush).toBe(false);
  });

  it('resets a stream whose header list is larger than announced', async () => {
    const { httpsPort } = await appFront({ limits: { h2HeaderListBytes: 2000 } });
    const session = open(httpsPort);
    await once(session, 'remoteSettings');
    expect((await ask(session, { ':path': '/first' }))[':status']).toBe(200);
    const stream = session.request({ ':path': '/', x: 'x'.repeat(4000) });
    expect(await closed(stream)).not.toBe(constants.NGHTTP2_NO_ERROR);
    expect((await ask(session, { ':path': '/next' }))[':status']).toBe(200);
  });

  it('ends a connection, in order, after its number of requests', async () => {
    const { httpsPort } = await appFront({ limits: { requestsPerConnection: 2 } });
    const session = open(httpsPort);
    const goaway = once(session, 'goaway');
    expect((await ask(session, { ':path': '/1' }))[':status']).toBe(200);
    expect((await ask(session, { ':path': '/2' }))[':status']).toBe(200);
    expect((await goaway)[0]).toBe(constants.NGHTTP2_NO_ERROR);
  });

  it('closes a connection that resets its streams rapidly (CVE-2023-44487)', async () => {
    const { httpsPort, front } = await appFront({ limits: { h2ResetsPer10s: 20 } });
    const session = open(httpsPort);
    await once(session, 'remoteSettings');
    // `once` of node:events would reject with the error that the GOAWAY is.
    const goaway = new Promise((resolve) => session.once('goaway', resolve));
    const ended = new Promise((resolve) => session.once('close', resolve));
    for (let count = 0; count < 60 && !session.destroyed; count++) {
      const stream = session.request({ ':path': '/slow?ms=5000' });
      stream.on('error', () => undefined);
      await new Promise((resolve) => setImmediate(resolve));
      stream.close(constants.NGHTTP2_CANCEL);
    }
    expect(await goaway).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    await ended;
    await expect
      .poll(() => front.status())
      .toMatchObject({ h2ResetFloods: 1, activeRequests: 0, connections: 0 });
  });

  it('counts also streams that are reset in the same breath, before anybody has seen them', async () => {
    const { httpsPort, front } = await appFront({ limits: { h2ResetsPer10s: 20 } });
    const client = await openFrames(httpsPort);
    const cancel = Buffer.of(0, 0, 0, constants.NGHTTP2_CANCEL);
    const pair = (_: unknown, at: number): Buffer =>
      Buffer.concat([get(2 * at + 1, '/slow?ms=5000'), frame(TYPE.reset, 0, 2 * at + 1, cancel)]);
    client.write(Buffer.concat([SETTINGS, ...Array.from({ length: 60 }, pair)]));
    await client.untilClosed();
    await expect.poll(() => front.status()).toMatchObject({ h2ResetFloods: 1, activeRequests: 0 });
  });

  it('answers, while it drains, the first request of a client that has just connected', async () => {
    const { front, httpsPort } = await appFront();
    const [fresh, used] = [open(httpsPort), open(httpsPort)];
    await Promise.all([once(fresh, 'remoteSettings'), ask(used, { ':path': '/first' })]);
    const drained = front.drain();
    await once(used, 'goaway');
    expect((await ask(fresh, { ':path': '/only' }))[':status']).toBe(200);
    await drained;
  });

  it('does not count the resets of a client that leaves a page now and then', async () => {
    const { httpsPort } = await appFront({ limits: { h2ResetsPer10s: 20 } });
    const session = open(httpsPort);
    for (let count = 0; count < 15; count++) {
      const stream = session.request({ ':path': '/slow?ms=5000' });
      const end = closed(stream);
      setImmediate(() => stream.close(constants.NGHTTP2_CANCEL));
      await end;
    }
    expect((await ask(session, { ':path': '/next' }))[':status']).toBe(200);
  });

  it('closes an idle connection after the keep-alive time', async () => {
    const { httpsPort, front } = await appFront({ timeouts: { keepAliveMs: 200 } });
    const session = open(httpsPort);
    expect((await ask(session, { ':path': '/' }))[':status']).toBe(200);
    await once(session, 'close');
    await expect.poll(() => front.status().connections).toBe(0);
  });

  it('closes a connection that never asks for anything after the time for a head', async () => {
    const { httpsPort, front } = await appFront({ timeouts: { requestHeaderMs: 200 } });
    await once(open(httpsPort), 'close');
    await expect.poll(() => front.status().connections).toBe(0);
  });

  it('closes an idle connection also after a request that was longer than the keep-alive time', async () => {
    const { httpsPort, front } = await appFront({ timeouts: { keepAliveMs: 200 } });
    const session = open(httpsPort);
    expect((await ask(session, { ':path': '/slow?ms=700' }))[':status']).toBe(200);
    await once(session, 'close');
    await expect.poll(() => front.status().connections).toBe(0);
  });

  it('resets a stream that stalls, also after it had been silent for long', async () => {
    const { httpsPort, record } = await appFront({ timeouts: { responseIdleMs: 200 } });
    const stream = open(httpsPort).request({ ':path': '/late?ms=700' });
    stream.on('error', () => undefined);
    stream.pause();
    expect(await record()).toMatchObject({ status: 499, path: '/late?ms=700' });
  });

  it('answers 408 to a body that stops', async () => {
    const { httpsPort, record } = await appFront({ timeouts: { bodyIdleMs: 1000 } });
    const stream = open(httpsPort).request({ ':path': '/count', ':method': 'POST' });
    stream.on('error', () => undefined);
    stream.write('hello');
    const [answer] = await once(stream, 'response');
    expect(answer[':status']).toBe(408);
    expect(await record()).toMatchObject({ status: 408, bytesIn: 5 });
  });

  it('resets a stream whose client takes nothing, and holds no more than its buffers meanwhile', async () => {
    const { httpsPort, record } = await appFront({ timeouts: { responseIdleMs: 300 } });
    const session = open(httpsPort);
    const stream = session.request({ ':path': '/blocks?blocks=100' });
    stream.on('error', () => undefined);
    stream.pause();
    const found = await record();
    expect(found).toMatchObject({ status: 499 });
    expect(found.bytesOut).toBeLessThan(1_000_000);
    expect((await ask(session, { ':path': '/next' }))[':status']).toBe(200);
  });

  it('records 499 when the client resets a stream, and the app hears of it', async () => {
    const { httpsPort, record } = await appFront();
    const stream = open(httpsPort).request({ ':path': '/slow?ms=300' });
    stream.on('error', () => undefined);
    setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), 100);
    expect(await record()).toMatchObject({ status: 499, path: '/slow?ms=300' });
  });
});

describe('h2, frames by hand', () => {
  async function openRaw(port: number): Promise<Socket> {
    const { socket } = await openFrames(port);
    socket.write(SETTINGS);
    return socket;
  }

  it.each([
    [
      'CONTINUATION frames without end (CVE-2024-27983)',
      Buffer.concat([
        frame(1, 0x1, 1, Buffer.from([0x82])),
        ...Array.from({ length: 2000 }, () => frame(9, 0, 1, Buffer.from([0x00, 0x01, 0x61, 0x01, 0x62]))),
      ]),
    ],
    ['a frame that is too large', frame(0, 0, 1, Buffer.alloc(20_000))],
    ['DATA on a stream that is idle', frame(0, 0, 7, Buffer.from('x'))],
    ['HEADERS on stream 0', frame(1, 0x5, 0, Buffer.from([0x82]))],
    ['a header block that is none', frame(1, 0x5, 1, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]))],
    ['no HTTP/2', Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(10))],
  ])('closes the connection for %s, and counts it', async (_name, bytes) => {
    const { httpsPort, front } = await appFront();
    const socket = await openRaw(httpsPort);
    socket.write(bytes);
    await once(socket, 'close');
    await expect
      .poll(() => front.status())
      .toMatchObject({ connections: 0, drops: { 'h2-protocol-error': 1 } });
  });

  it('survives floods of PING and SETTINGS within bounded memory', async () => {
    const { httpsPort, front } = await appFront();
    const socket = await openRaw(httpsPort);
    socket.pause();
    const flood = Buffer.concat(Array.from({ length: 5000 }, () => Buffer.concat([PING, SETTINGS])));
    for (let count = 0; count < 10; count++) socket.write(flood);
    socket.resume();
    await Promise.race([once(socket, 'close'), new Promise((resolve) => setTimeout(resolve, 1000))]);
    expect((await ask(open(httpsPort), { ':path': '/' }))[':status']).toBe(200);
    expect(front.status().state).toBe('serving');
  });
});
