// A request through each engine: what the upstream gets, what the client gets.
import { once } from 'node:events';
import { connect as connectH2 } from 'node:http2';
import type { Socket } from 'node:net';
import type { Engine, PolicyConfig } from '@tollgate/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  BY_FULL_LANE,
  plain,
  route,
  startFront,
  upstream,
  type Running,
  type Wanted,
} from '../../support/front.ts';
import { exchangeRaw, rawConnect, rawConnectTls } from '../../support/raw.ts';
import { answering, httpUpstream, rawUpstream } from '../../support/upstream.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

const ENGINES = [
  ['http-proxy engine', 'http-proxy', {}],
  ['wire engine', 'wire', {}],
  ['wire engine in the full lane', 'wire', BY_FULL_LANE],
] as const;

const frontBy =
  (engine: Engine, policy: PolicyConfig) =>
  (url: string, wanted: Wanted = {}): Promise<Running> =>
    startFront(plain({ ...wanted, routes: [route('/', upstream([url], { engine }), undefined, policy)] }));

const get = (path = '/', fields = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: a.test\r\n${fields}Connection: close\r\n\r\n`;

describe.each(ENGINES)('%s, request', (_name, engine, policy) => {
  const frontOf = frontBy(engine, policy);

  it('sends the canonical head once, with the client told, and none of the fields of the connection', async () => {
    const { url, seen } = await rawUpstream(answering(OK));
    const { httpPort } = await frontOf(url);
    await exchangeRaw(
      httpPort,
      get(
        '/a/./b%7e?x=%2F',
        'X-Thing: One\r\nX-thing: two\r\nKeep-Alive: 3\r\nX_Y: 1\r\nConnection: X-Secret\r\nX-Secret: 1\r\nTE: trailers\r\n',
      ),
    );
    expect(seen).toHaveLength(1);
    const [head] = seen;
    expect(head).toMatch(/^GET \/a\/b~\?x=%2F HTTP\/1\.1\r\nHost: a\.test\r\n/);
    expect(head).toContain('X-Thing: One\r\nX-thing: two\r\n');
    expect(head).toContain(
      'X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: a.test\r\n',
    );
    expect(head).not.toMatch(/x-secret|x_y|keep-alive: 3|\r\nte:|content-length|transfer-encoding/i);
  });

  it("believes no X-Forwarded-For of an untrusted client, and Connection cannot take the front's own away", async () => {
    const { url, seen } = await rawUpstream(answering(OK));
    const { httpPort } = await frontOf(url);
    await exchangeRaw(
      httpPort,
      get('/', 'X-Forwarded-For: 1.2.3.4\r\nX-Real-IP: 1.2.3.4\r\nConnection: X-Forwarded-For\r\n'),
    );
    expect(seen[0]).toContain('X-Forwarded-For: 127.0.0.1\r\n');
    expect(seen[0]).not.toContain('1.2.3.4');
  });

  it.each(['GET', 'DELETE', 'OPTIONS', 'POST', 'PUT', 'PROPFIND'])(
    'passes the body of %s on in the framing it came in (CVE-2026-29057)',
    async (method) => {
      const { url, seen } = await rawUpstream((socket, text) => {
        if (text.includes('hello')) socket.end(OK);
      });
      const { httpPort } = await frontOf(url);
      const head = `${method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n`;
      const sized = await exchangeRaw(httpPort, `${head}Content-Length: 5\r\n\r\nhello`);
      const chunked = await exchangeRaw(
        httpPort,
        `${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
      );
      expect(sized).toMatch(/^HTTP\/1\.1 200 /);
      expect(chunked).toMatch(/^HTTP\/1\.1 200 /);
      expect(seen[0]).toMatch(/content-length: 5\r\n/i);
      expect(seen[0]).not.toMatch(/transfer-encoding/i);
      expect(seen[0]).toMatch(/\r\n\r\nhello$/);
      expect(seen[1]).toMatch(/transfer-encoding: chunked\r\n/i);
      expect(seen[1]).not.toMatch(/content-length/i);
      expect(seen[1]).toMatch(/\r\n\r\n5\r\nhello\r\n0\r\n\r\n$/);
    },
  );

  it('passes request trailers on', async () => {
    const { url, seen } = await rawUpstream((socket, text) => {
      if (text.includes('0\r\nX-Sum: 7\r\n\r\n')) socket.end(OK);
    });
    const { httpPort } = await frontOf(url);
    const answer = await exchangeRaw(
      httpPort,
      'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 7\r\nHost: evil\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(seen[0]).not.toContain('evil');
  });

  it('answers 100 itself, and never sends Expect on', async () => {
    const { url, seen } = await rawUpstream((socket, text) => {
      if (text.endsWith('hello')) socket.end(OK);
    });
    const { httpPort } = await frontOf(url);
    const client = rawConnect(httpPort);
    client.write(
      'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n',
    );
    await client.until((text) => text.startsWith('HTTP/1.1 100 Continue\r\n\r\n'));
    client.write('hello');
    expect(await client.untilClosed()).toMatch(/HTTP\/1\.1 200 OK/);
    expect(seen[0]).not.toMatch(/expect/i);
  });

  it('keeps its connection to the upstream for the next request', async () => {
    const { url, sockets } = await rawUpstream(answering(OK));
    const { httpPort } = await frontOf(url);
    await exchangeRaw(httpPort, get());
    await exchangeRaw(httpPort, get());
    expect(sockets).toHaveLength(1);
  });

  it('ends the upstream request of a client that leaves, and records 499', async () => {
    const { url, sockets } = await rawUpstream(() => undefined);
    const { httpPort, record, front } = await frontOf(url);
    const client = rawConnect(httpPort);
    client.write('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n');
    await expect.poll(() => sockets.length).toBe(1);
    const closed = once(sockets[0] ?? client.socket, 'close');
    client.socket.destroy();
    await closed;
    expect(await record()).toMatchObject({ status: 499, path: '/slow', upstream: url });
    expect(front.status().activeRequests).toBe(0);
  });
});

describe.each(ENGINES)('%s, answer', (_name, engine, policy) => {
  const frontOf = frontBy(engine, policy);

  it("passes on head, casing and body, without the fields of the upstream's connection", async () => {
    const { url } = await rawUpstream(
      answering(
        'HTTP/1.1 201 Made\r\nX-Case: Kept\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nConnection: keep-alive, X-Hop\r\nKeep-Alive: timeout=5\r\nX-Hop: 1\r\nContent-Length: 2\r\n\r\nok',
      ),
    );
    const { httpPort, record } = await frontOf(url);
    const answer = await exchangeRaw(httpPort, get());
    expect(answer).toMatch(/^HTTP\/1\.1 201 Made\r\n/);
    expect(answer).toContain('X-Case: Kept\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n');
    expect(answer).not.toMatch(/keep-alive|x-hop/i);
    expect(answer).toMatch(/Connection: close\r\n/);
    expect(answer).toMatch(/\r\n\r\nok$/);
    expect(await record()).toMatchObject({ status: 201, bytesOut: 2, upstream: url });
  });

  it('passes on a body delimited by close, and trailers', async () => {
    const { url } = await rawUpstream((socket) => socket.end('HTTP/1.0 200 OK\r\n\r\nuntil the end'));
    const front = await frontOf(url);
    expect(await exchangeRaw(front.httpPort, get())).toContain('until the end');
    const second = await rawUpstream(
      answering(
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 9\r\n\r\n',
      ),
    );
    const { httpPort } = await frontOf(second.url);
    expect(await exchangeRaw(httpPort, get())).toMatch(/2\r\nok\r\n0\r\nX-Sum: 9\r\n\r\n$/);
  });

  it.each([
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n', /Content-Length: 1000\r\n/],
    ['GET', 'HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n', /^HTTP\/1\.1 204 /],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n', /ETag: "a"\r\n/],
  ])('has no body for %s %j', async (method, bytes, wanted) => {
    const { url, sockets } = await rawUpstream(answering(bytes));
    const { httpPort, record } = await frontOf(url);
    const ask = (): Promise<string> =>
      exchangeRaw(httpPort, `${method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    const answer = await ask();
    expect(answer).toMatch(wanted);
    expect(answer).toMatch(/\r\n\r\n$/);
    await ask();
    expect(sockets).toHaveLength(1);
    expect(await record()).toMatchObject({ bytesOut: 0 });
  });

  it('passes on early hints, to HTTP/1.1 clients', async () => {
    const { url } = await rawUpstream(
      answering(
        'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
      ),
    );
    const { httpPort } = await frontOf(url);
    expect(await exchangeRaw(httpPort, get())).toMatch(
      /^HTTP\/1\.1 103 Early Hints\r\nlink: <\/a\.css>; rel=preload\r\nvia: [^\r]*\r\n\r\nHTTP\/1\.1 200 OK\r\n/i,
    );
  });

  it('sends the head of an event stream before its first event, and every event at once', async () => {
    const { url, sockets } = await rawUpstream((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n'),
    );
    const { httpPort } = await frontOf(url);
    const client = rawConnect(httpPort);
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.until((text) => text.includes('text/event-stream'));
    sockets[0]?.write('data: 1\n\n');
    await client.until((text) => text.includes('data: 1\n\n'));
  });

  it('does the same over h2', async () => {
    const { url } = await httpUpstream((request, response) => {
      request.resume();
      request.on('end', () => {
        response.writeHead(200, { 'x-proto': request.headers['x-forwarded-proto'], trailer: 'x-t' });
        response.write(`${request.method} ${request.url}`);
        response.addTrailers({ 'x-t': '1' });
        response.end();
      });
    });
    const { httpsPort, record } = await startFront({
      routes: [route('/', upstream([url], { engine }), undefined, policy)],
    });
    const session = connectH2(`https://localhost:${httpsPort}`, { rejectUnauthorized: false });
    onTestFinished(() => session.destroy());
    const stream = session.request({ ':path': '/p?q', ':method': 'POST' });
    stream.end('body');
    const trailers = once(stream, 'trailers');
    const [headers] = await once(stream, 'response');
    let body = '';
    for await (const chunk of stream.setEncoding('utf8')) body += chunk;
    expect(headers).toMatchObject({ ':status': 200, 'x-proto': 'https' });
    expect(body).toBe('POST /p?q');
    expect((await trailers)[0]).toMatchObject({ 'x-t': '1' });
    expect(await record()).toMatchObject({ bytesIn: 4, bytesOut: 9, protocol: 'HTTP/2.0' });
  });
});

describe.each(ENGINES)('%s, characters that Node reads and will not write', (_name, engine, policy) => {
  const frontOf = frontBy(engine, policy);

  it.each([
    [
      'an informational answer',
      'HTTP/1.1 103 Early Hints\r\nX-T: a\x7fb\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    ],
    ['a trailer', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-T: a\x7fb\r\n\r\n'],
    ['a field', 'HTTP/1.1 200 OK\r\nX-T: a\x7fb\r\nContent-Length: 2\r\n\r\nok'],
  ])('in %s of the upstream do not reach the client, and the front goes on', async (_name, bytes) => {
    const { url } = await rawUpstream(answering(bytes));
    const { httpPort, front } = await frontOf(url);
    expect(await exchangeRaw(httpPort, get())).not.toContain('\x7f');
    expect(await exchangeRaw(httpPort, get())).toMatch(/^HTTP\/1\.1 (200|502|103) /);
    expect(front.status().state).toBe('serving');
  });

  it('in a trailer of the client do not reach the upstream', async () => {
    const { url, seen } = await rawUpstream((socket, text) => {
      if (text.endsWith('0\r\n\r\n') || text.includes('X-T')) socket.end(OK);
    });
    const { httpPort } = await frontOf(url);
    const answer = await exchangeRaw(
      httpPort,
      'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-T: a\x7fb\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 (200|400) /);
    expect(seen.join('')).not.toContain('\x7f');
  });
});

describe.each(ENGINES)('%s, an answer before the end of the request', (_name, engine, policy) => {
  const REFUSAL = 'HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbig\n';

  it.each([
    ['goes on reading', (socket: Socket) => socket.end(REFUSAL)],
    ['stops reading', (socket: Socket) => socket.pause().end(REFUSAL)],
    [
      'leaves a moment later',
      (socket: Socket) => socket.pause().write(REFUSAL, () => setTimeout(() => socket.destroy(), 50)),
    ],
  ])('reaches the client when the upstream %s', async (_name, answer) => {
    const answered = new WeakSet<Socket>();
    const { url } = await rawUpstream((socket) => {
      if (answered.has(socket)) return;
      answered.add(socket);
      answer(socket);
    });
    const { httpPort, record, front } = await frontBy(engine, policy)(url);
    const client = rawConnect(httpPort);
    client.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n${'x'.repeat(3_000_000)}`);
    expect(await client.until((text) => text.endsWith('big\n'))).toMatch(/^HTTP\/1\.1 413 Too Large\r\n/);
    await client.untilClosed();
    expect(await record()).toMatchObject({ status: 413, upstream: url });
    await expect.poll(() => front.status()).toMatchObject({ connections: 0, activeRequests: 0 });
  });
});

describe.each(ENGINES)('%s, faults of the upstream', (_name, engine, policy) => {
  const frontOf = frontBy(engine, policy);

  it.each([
    ['nothing', ''],
    ['half a head', 'HTTP/1.1 200 O'],
    ['no HTTP', 'hello\r\n\r\n'],
    ['a head that never ends', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(200_000)}`],
    ['two framings', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nokk'],
    ['101 unasked', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'],
    ['a status out of range', 'HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n'],
    ['a storm of 1xx', 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(100)],
  ])('answers 502 for %s', async (_name, bytes) => {
    const { url } = await rawUpstream((socket) => socket.end(Buffer.from(bytes, 'latin1')));
    const { httpPort, record } = await frontOf(url);
    const answer = await exchangeRaw(
      httpPort,
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
    );
    expect(answer.replace(/^(HTTP\/1\.1 102 .*\r\n(.+\r\n)*\r\n)*/, '')).toMatch(
      /^HTTP\/1\.1 502 Bad Gateway\r\n/,
    );
    expect(await record()).toMatchObject({ status: 502 });
  });

  it.each([
    ['by length', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart'],
    ['by chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n'],
    ['in a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\npart'],
  ])("cuts the client's connection when a body delimited %s is cut", async (_name, bytes) => {
    const { url } = await rawUpstream((socket) => socket.end(bytes));
    const { httpPort, httpsPort, record } = await startFront({
      routes: [route('/', upstream([url], { engine }), undefined, policy)],
    });
    expect(httpPort).toBeGreaterThan(0);
    const session = connectH2(`https://localhost:${httpsPort}`, { rejectUnauthorized: false });
    onTestFinished(() => session.destroy());
    const stream = session.request({ ':path': '/' });
    const [error] = await once(stream.resume(), 'error').catch((cause: unknown) => [cause]);
    expect(String(error)).toMatch(/NGHTTP2_|reset|cancel/i);
    expect(await record()).toMatchObject({ status: 502 });
  });

  it("ends no chunked answer for an h1 client when the upstream's was cut", async () => {
    const { url } = await rawUpstream((socket) =>
      socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n'),
    );
    const { httpPort, record } = await frontOf(url);
    const answer = await exchangeRaw(httpPort, get());
    expect(answer).not.toMatch(/0\r\n\r\n$/);
    expect(await record()).toMatchObject({ status: 502 });
  });

  it('answers 502 when nobody listens, 504 when no answer comes in time', async () => {
    const dead = await rawUpstream(() => undefined);
    const silent = await frontOf(dead.url, { timeouts: { upstreamHeaderMs: 100 } });
    expect(await exchangeRaw(silent.httpPort, get())).toMatch(/^HTTP\/1\.1 504 /);
    const refused = await frontOf('http://127.0.0.1:1');
    expect(await exchangeRaw(refused.httpPort, get())).toMatch(/^HTTP\/1\.1 502 /);
  });

  it('blames the client, and no server, for a body that stops while it is being sent', async () => {
    const { url, seen } = await rawUpstream(() => undefined);
    const { httpPort, front } = await frontOf(url, { timeouts: { upstreamHeaderMs: 300, bodyIdleMs: 1000 } });
    const answer = await exchangeRaw(httpPort, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nx');
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(seen[0]).toMatch(/\r\n\r\nx$/);
    expect(front.status().upstreams).toMatchObject([{ fails: 0, marked: false }]);
  });

  it('waits for the head from when the whole body has been sent', async () => {
    const { url } = await rawUpstream(() => undefined);
    const { httpPort, front } = await frontOf(url, { timeouts: { upstreamHeaderMs: 300 } });
    const answer = await exchangeRaw(
      httpPort,
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 504 /);
    expect(front.status().upstreams).toMatchObject([{ fails: 1 }]);
  });

  describe('whose answer has begun before a body that stops', () => {
    const started = async (): Promise<Running & { upstreamSockets: Socket[] }> => {
      const { url, sockets } = await rawUpstream((socket) =>
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nearly\r\n'),
      );
      const routes = [route('/', upstream([url], { engine }), undefined, policy)];
      return { ...(await startFront({ routes, timeouts: { bodyIdleMs: 1000 } })), upstreamSockets: sockets };
    };
    const late = { status: 408, bytesIn: 1, bytesOut: 5 };

    it('is ended for an h1 client', async () => {
      const { httpsPort, record, upstreamSockets } = await started();
      const client = rawConnectTls(httpsPort);
      client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nx');
      expect(await client.untilClosed()).toMatch(/early\r\n$/);
      expect(await record()).toMatchObject(late);
      await expect.poll(() => upstreamSockets[0]?.readyState).not.toBe('open');
    });

    it('is ended for an h2 client', async () => {
      const { httpsPort, record, upstreamSockets } = await started();
      const session = connectH2(`https://localhost:${httpsPort}`, { rejectUnauthorized: false });
      onTestFinished(() => session.destroy());
      const stream = session.request({ ':method': 'POST', 'content-length': '100' });
      stream.write('x');
      const [error] = await once(stream.resume(), 'error');
      expect(String(error)).toContain('NGHTTP2_INTERNAL_ERROR');
      expect(await record()).toMatchObject(late);
      await expect.poll(() => upstreamSockets[0]?.readyState).not.toBe('open');
    });
  });

  it('does not use a connection again on which more came than the answer', async () => {
    const { url, sockets } = await rawUpstream(
      answering(`${OK}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison`),
    );
    const { httpPort } = await frontOf(url);
    expect(await exchangeRaw(httpPort, get())).toMatch(/ok$/);
    expect(await exchangeRaw(httpPort, get())).toMatch(/ok$/);
    expect(sockets).toHaveLength(2);
  });

  it('asks again, once, when a kept connection turns out to be closed', async () => {
    let connections = 0;
    const { url } = await rawUpstream((socket, text) => {
      if (text.split('\r\n\r\n').length > 2) socket.destroy();
      else {
        connections += 1;
        socket.write(OK);
      }
    });
    const { httpPort, front } = await frontOf(url);
    await exchangeRaw(httpPort, get());
    expect(await exchangeRaw(httpPort, get())).toMatch(/^HTTP\/1\.1 200 /);
    expect(connections).toBe(2);
    expect(front.status().upstreams).toMatchObject([{ fails: 0, marked: false }]);
  });

  it('does not send a POST twice', async () => {
    const { url, seen } = await rawUpstream((socket) => socket.destroy());
    const { httpPort } = await frontOf(url);
    const answer = await exchangeRaw(
      httpPort,
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 502 /);
    expect(seen).toHaveLength(1);
  });
});
