// How an upstream is reached: several servers, unix sockets, verified TLS; what happens when it dies and comes back.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { connect as connectH2 } from 'node:http2';
import { createServer as createHttps } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { UpstreamConfig } from '@tollgate/core';
import { selfSigned } from '../../src/tls/selfSigned.ts';
import {
  plain,
  route,
  startFront,
  temporaryDirectory,
  upstream,
  type Running,
  type Wanted,
} from '../support/front.ts';
import { exchangeRaw } from '../support/raw.ts';
import { answering, httpUpstream, rawUpstream } from '../support/upstream.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

const frontOf = (
  servers: string[],
  more: Partial<UpstreamConfig> = {},
  wanted: Wanted = {},
): Promise<Running> => startFront(plain({ ...wanted, routes: [route('/', upstream(servers, more))] }));

async function digestOf(body: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of body) hash.update(piece);
  return hash.digest('hex');
}

const bodyOf = (answer: string): string => answer.slice(answer.indexOf('\r\n\r\n') + 4);

describe.each(['http-proxy', 'wire'] as const)('upstream by %s', (engine) => {
  it.each([
    ['with its length', 'Content-Length: 5\r\n\r\nhello'],
    ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'],
  ])('asks another server when one refuses a POST %s: nothing was sent yet', async (_name, body) => {
    const alive = await httpUpstream((request, response) => request.pipe(response));
    const { httpPort, records } = await frontOf(['http://127.0.0.1:1', alive.url], { engine });
    for (let count = 0; count < 4; count++) {
      const answer = await exchangeRaw(
        httpPort,
        `POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${body}`,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 200 [\s\S]*hello/);
    }
    expect(new Set(records.map((record) => record.upstream))).toEqual(new Set([alive.url]));
  });

  it('asks another server when one refuses a POST of HTTP/2, and loses no byte of a large body', async () => {
    const sums: Promise<string>[] = [];
    const alive = await httpUpstream((request, response) => {
      sums.push(digestOf(request));
      request.on('end', () => response.end('taken'));
    });
    const running = await startFront({
      routes: [route('/', upstream(['http://127.0.0.1:1', alive.url], { engine }))],
    });
    const session = connectH2(`https://127.0.0.1:${running.httpsPort}`, { rejectUnauthorized: false });
    onTestFinished(() => session.destroy());
    const body = randomBytes(1_000_000);
    for (let count = 0; count < 2; count++) {
      const stream = session.request({ ':path': '/', ':method': 'POST' });
      stream.end(body);
      expect(await text(stream)).toBe('taken');
    }
    expect(new Set(await Promise.all(sums))).toEqual(new Set([await digestOf([body])]));
  });

  it.each(['POST', 'PUT', 'PROPFIND'])('adds no framing to a %s that has none', async (method) => {
    const { url, seen } = await rawUpstream(answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
    const { httpPort } = await frontOf([url], { engine });
    for (const more of ['', 'Content-Length: 0\r\n'])
      await exchangeRaw(
        httpPort,
        `${method} / HTTP/1.1\r\nHost: a\r\nX-A: b\r\n${more}Connection: close\r\n\r\n`,
      );
    const [first = '', second = ''] = (seen[0] ?? '').split('\r\n\r\n');
    expect(first).toMatch(/^\w+ \/ HTTP\/1\.1\r\nHost: a\r\nX-A: b\r\n/);
    expect(first).not.toMatch(/content-length|transfer-encoding/i);
    expect(second).toMatch(/content-length: 0/i);
  });

  it('takes its servers in turn', async () => {
    const one = await httpUpstream((_request, response) => response.end('one'));
    const two = await httpUpstream((_request, response) => response.end('two'));
    const { httpPort } = await frontOf([one.url, two.url], { engine });
    const answers = [];
    for (let count = 0; count < 4; count++) answers.push(bodyOf(await exchangeRaw(httpPort, GET)));
    expect(answers).toEqual(['one', 'two', 'one', 'two']);
  });

  it('asks another server when one cannot be reached, and then leaves that one alone', async () => {
    const alive = await httpUpstream((_request, response) => response.end('alive'));
    const { httpPort, front, records } = await frontOf(['http://127.0.0.1:1', alive.url], { engine });
    for (let count = 0; count < 6; count++) expect(bodyOf(await exchangeRaw(httpPort, GET))).toBe('alive');
    expect(front.status().upstreams).toMatchObject([{ marked: true }, { marked: false }]);
    expect(records.every((record) => record.upstream === alive.url)).toBe(true);
  });

  it('answers 502 while a server is gone, and serves again when it is back, within its window', async () => {
    const first = await httpUpstream((_request, response) => response.end('first'));
    const { httpPort, front } = await frontOf([first.url], { engine, failWindowMs: 60_000 });
    expect(bodyOf(await exchangeRaw(httpPort, GET))).toBe('first');
    first.server.closeAllConnections();
    first.server.close();
    await once(first.server, 'close');
    for (let count = 0; count < 5; count++)
      expect(await exchangeRaw(httpPort, GET)).toMatch(/^HTTP\/1\.1 502 /);
    expect(front.status().upstreams).toMatchObject([{ marked: true }]);
    await httpUpstream((_request, response) => response.end('again'), first.port);
    await expect
      .poll(async () => bodyOf(await exchangeRaw(httpPort, GET)), { timeout: 10_000 })
      .toBe('again');
    expect(front.status().upstreams).toMatchObject([{ marked: false, fails: 0 }]);
  });

  it('reaches a unix socket', async () => {
    const path = join(temporaryDirectory(), 'app.sock');
    const server = createHttp((request, response) => response.end(String(request.headers.host)));
    onTestFinished(() => {
      server.close();
    });
    await once(server.listen(path), 'listening');
    const { httpPort, record } = await frontOf([`unix:${path}`], { engine });
    expect(bodyOf(await exchangeRaw(httpPort, GET))).toBe('a');
    expect(await record()).toMatchObject({ upstream: `unix:${path}` });
  });

  it('sends the upstream its own host when told to', async () => {
    const { url, port } = await httpUpstream((request, response) =>
      response.end(String(request.headers.host)),
    );
    const { httpPort } = await frontOf([url], { engine, host: 'upstream' });
    expect(bodyOf(await exchangeRaw(httpPort, GET))).toBe(`127.0.0.1:${port}`);
  });

  it('verifies the certificate of an https server, by name and authority', async () => {
    const directory = temporaryDirectory();
    const { certificate, key } = await selfSigned(directory, ['backend.test']);
    const ca = join(directory, 'ca.pem');
    writeFileSync(ca, certificate);
    const server = createHttps({ cert: certificate, key }, (_request, response) => response.end('safe'));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    const url = `https://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
    const ask = async (more: Partial<UpstreamConfig>): Promise<string> =>
      exchangeRaw((await frontOf([url], { engine, ...more })).httpPort, GET);
    expect(await ask({ ca, serverName: 'backend.test' })).toMatch(/safe$/);
    expect(await ask({ ca })).toMatch(/safe$/);
    expect(await ask({})).toMatch(/^HTTP\/1\.1 502 [\s\S]*upstream-certificate/);
    expect(await ask({ ca, serverName: 'other.example' })).toMatch(
      /^HTTP\/1\.1 502 [\s\S]*upstream-certificate/,
    );
    await expect(frontOf([url], { engine, ca: join(directory, 'none') })).rejects.toThrow(/none/);
  });

  it('gives a connection up that is not made in time, the TLS handshake included', async () => {
    const { port } = await rawUpstream(() => undefined);
    const timeouts = { upstreamConnectMs: 200 };
    const { httpPort, record } = await frontOf([`https://127.0.0.1:${port}`], { engine }, { timeouts });
    expect(await exchangeRaw(httpPort, GET)).toMatch(/^HTTP\/1\.1 504 [\s\S]*upstream-connect-timeout/);
    expect(await record()).toMatchObject({ status: 504 });
  });

  it('closes a connection that was not used for the idle time', async () => {
    const { url, sockets } = await rawUpstream(answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
    const { httpPort } = await frontOf([url], { engine }, { timeouts: { upstreamIdleMs: 500 } });
    await exchangeRaw(httpPort, GET);
    expect(sockets).toHaveLength(1);
    await expect.poll(() => sockets[0]?.destroyed).toBe(true);
  });

  it("heeds the upstream's Keep-Alive: timeout, so that no request meets a closing connection", async () => {
    const server = createHttp({ keepAliveTimeout: 1000, keepAliveTimeoutBuffer: 0 }, (_request, response) =>
      response.end('ok'),
    );
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
    const { httpPort, records } = await frontOf([url], { engine });
    for (const pauseMs of [0, 900, 980, 1000, 1020, 1100]) {
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      await exchangeRaw(
        httpPort,
        'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
      );
    }
    expect(records.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
  });
});
