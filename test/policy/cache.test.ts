// `cache` and `microcache` from outside: what is kept, for whom, and what many clients at once come to.
import { once } from 'node:events';
import { connect } from 'node:http2';
import { text } from 'node:stream/consumers';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { httpUpstream } from '../../packages/proxy/test/support/upstream.ts';
import { ask, fieldOf, type Answer } from '../support/ask.ts';
import { open } from '../support/open.ts';
import { HOST, startRoutes } from '../support/ways.ts';
import { behind, cacheOf, numbered, statusOf, type Answering } from './cached.ts';

describe.each(['h1', 'h2'] as const)('%s', (protocol) => {
  it('answers from what it keeps, with Age and Cache-Status', async () => {
    const cached = await behind(numbered({ 'cache-control': 'max-age=60' }), { cache: 'on' });
    const first = await cached.ask({}, protocol);
    expect(statusOf(first)).toBe('tollgate; fwd=uri-miss; stored');
    const second = await cached.ask({}, protocol);
    expect(second.body.toString()).toBe('answer 1');
    expect(Number(fieldOf(second.fields, 'age'))).toBeLessThan(60);
    expect(fieldOf(second.fields, 'content-length')).toBe('8');
    expect(statusOf(second)).toMatch(/^tollgate; hit; ttl=5\d$/);
    const head = await cached.ask({ method: 'HEAD' }, protocol);
    expect([head.status, head.body.length, fieldOf(head.fields, 'content-length')]).toEqual([200, 0, '8']);
    expect(cached.seen).toHaveLength(1);
  });

  it('asks the target again when the answer has become stale, and believes its 304', async () => {
    const cached = await behind(
      (request, response) => {
        const same = request.headers['if-none-match'] === '"v1"';
        response.writeHead(same ? 304 : 200, {
          etag: '"v1"',
          'cache-control': 'no-cache',
          'x-asked': String(same),
        });
        response.end(same ? undefined : 'page');
      },
      { cache: 'on' },
    );
    await cached.ask({}, protocol);
    const second = await cached.ask({}, protocol);
    expect([second.status, second.body.toString(), fieldOf(second.fields, 'x-asked')]).toEqual([
      200,
      'page',
      'true',
    ]);
    expect(statusOf(second)).toBe('tollgate; fwd=stale; fwd-status=304; stored');
    const third = await cached.ask({ fields: { 'if-none-match': '"v1"' } }, protocol);
    expect([third.status, third.body.length]).toEqual([304, 0]);
    expect(cached.seen).toHaveLength(3);
  });

  it('answers the client’s own conditions and ranges from what it keeps', async () => {
    const fields = { 'cache-control': 'max-age=60', etag: '"v1"' };
    const cached = await behind(numbered(fields), { cache: 'on' });
    await cached.ask({}, protocol);
    const same = await cached.ask({ fields: { 'if-none-match': 'W/"v1"' } }, protocol);
    expect([same.status, same.body.length, fieldOf(same.fields, 'etag')]).toEqual([304, 0, '"v1"']);
    const part = await cached.ask({ fields: { range: 'bytes=0-3' } }, protocol);
    expect([part.status, part.body.toString(), fieldOf(part.fields, 'content-range')]).toEqual([
      206,
      'answ',
      'bytes 0-3/8',
    ]);
    const beyond = await cached.ask({ fields: { range: 'bytes=9-' } }, protocol);
    expect([beyond.status, fieldOf(beyond.fields, 'content-range')]).toEqual([416, 'bytes */8']);
    expect(cached.seen).toHaveLength(1);
  });

  it('serves the stale answer while it fetches a new one', async () => {
    const cached = await behind(
      numbered({ 'cache-control': 'max-age=0, stale-while-revalidate=60', etag: '"1"' }),
      {
        cache: 'on',
      },
    );
    await cached.ask({}, protocol);
    const second = await cached.ask({ fields: { 'x-mark': 'second' } }, protocol);
    expect(second.body.toString()).toBe('answer 1');
    expect(statusOf(second)).toMatch(/^tollgate; hit; ttl=-\d$/);
    await expect.poll(() => cached.seen.length).toBe(2);
    expect(cached.seen[1]?.headers).toMatchObject({ 'x-mark': 'second', 'if-none-match': '"1"' });
    await expect.poll(async () => (await cached.ask({}, protocol)).body.toString()).not.toBe('answer 1');
    expect(cached.running.records.every(({ status }) => status === 200)).toBe(true);
  });

  it('serves the stale answer when the target fails', async () => {
    let fails: 'no' | 'answers 503' | 'hangs up' = 'no';
    const cached = await behind(
      (_request, response) => {
        if (fails === 'hangs up') response.destroy();
        else if (fails === 'answers 503') response.writeHead(503, { 'content-length': 4 }).end('down');
        else response.writeHead(200, { 'cache-control': 'max-age=0', etag: '"1"' }).end('page');
      },
      { cache: { staleIfError: '1h' } },
    );
    await cached.ask({}, protocol);
    for (const how of ['answers 503', 'hangs up'] as const) {
      fails = how;
      const answer = await cached.ask({}, protocol);
      expect([answer.status, answer.body.toString()]).toEqual([200, 'page']);
      expect(statusOf(answer)).toMatch(/fwd=stale; fwd-status=50[23]$/);
    }
    expect(cacheOf(cached)?.errorHits).toBe(2);
  });
});

describe('a microcache', () => {
  it('keeps what says nothing of it, for a moment, for clients that are not known', async () => {
    const cached = await behind(numbered(), { microcache: '24h' });
    const bodies = async (fields = {}): Promise<string> => (await cached.ask({ fields })).body.toString();
    expect([await bodies(), await bodies()]).toEqual(['answer 1', 'answer 1']);
    expect(await bodies({ cookie: 'session=1' })).toBe('answer 2');
    expect(await bodies({ authorization: 'Bearer x' })).toBe('answer 3');
    expect(await bodies()).toBe('answer 1');
  });

  it('ends after its time', async () => {
    const cached = await behind(numbered(), { microcache: '1ms' });
    await cached.ask();
    await expect.poll(async () => (await cached.ask()).body.toString()).not.toBe('answer 1');
  });

  it('keeps no session for others', async () => {
    const cached = await behind(numbered({ 'set-cookie': 'session=1' }), { microcache: '24h' });
    await cached.ask();
    expect((await cached.ask()).body.toString()).toBe('answer 2');
  });
});

describe('many clients who ask for the same at once', () => {
  it('are one request to the target: 500 of them', async () => {
    const waiting: (() => void)[] = [];
    const cached = await behind(
      (_request, response) => {
        waiting.push(() => response.writeHead(200, { 'cache-control': 'max-age=60' }).end('page'));
      },
      { cache: { wait: '1m' } },
    );
    const clients = Array.from({ length: 10 }, () => fiftyOverH2(cached.running.httpsPort)).flat();
    await expect.poll(() => cacheOf(cached)?.waiting).toBe(499);
    for (const go of waiting) go();
    expect(new Set(await Promise.all(clients))).toEqual(new Set(['page']));
    expect(cached.seen).toHaveLength(1);
    expect(cacheOf(cached)).toMatchObject({ collapsed: 499, waiting: 0 });
  });

  it('wait for no answer that is for one alone', async () => {
    const held: ServerResponse[] = [];
    const cached = await behind((_request, response) => void held.push(response), { cache: 'on' });
    const clients = [1, 2, 3].map(() => cached.ask());
    await expect.poll(() => cacheOf(cached)?.waiting).toBe(2);
    const [first] = held;
    first?.writeHead(200, { 'cache-control': 'private' });
    first?.write('for one');
    // Its body is not over, and the others have gone to the target already; those who come now do so at once.
    await expect.poll(() => held.length).toBe(3);
    clients.push(cached.ask());
    await expect.poll(() => held.length).toBe(4);
    for (const response of held) response.end();
    expect((await Promise.all(clients)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });

  it('wait no longer than they are told to', async () => {
    const held: ServerResponse[] = [];
    const cached = await behind(
      (_request, response) => {
        held.push(response);
        if (held.length > 1) response.end('mine');
      },
      { cache: { wait: '1ms' } },
    );
    const first = cached.ask();
    await expect.poll(() => held.length).toBe(1);
    expect((await cached.ask()).body.toString()).toBe('mine');
    held[0]?.end('late');
    await first;
    expect(cacheOf(cached)?.waitedInVain).toBe(1);
  });

  it('go on when the one they wait for leaves', async () => {
    const held: ServerResponse[] = [];
    const cached = await behind(
      (_request, response) => {
        held.push(response);
        if (held.length > 1) response.writeHead(200, { 'cache-control': 'max-age=60' }).end('page');
      },
      { cache: 'on' },
    );
    const leader = open(cached.running.httpsPort, 'h1', 'GET', '/');
    await expect.poll(() => held.length).toBe(1);
    const others = [1, 2, 3].map(() => cached.ask());
    await expect.poll(() => cacheOf(cached)?.waiting).toBe(3);
    leader.leave();
    expect((await Promise.all(others)).map(({ body }) => body.toString())).toEqual(['page', 'page', 'page']);
    expect(held).toHaveLength(2);
  });

  it('are not held up by one that reads slowly', async () => {
    const body = Buffer.alloc(900_000, 'x');
    const cached = await behind(
      (_request, response) => {
        response.writeHead(200, { 'cache-control': 'max-age=60' });
        response.end(body);
      },
      { cache: 'on' },
    );
    const slow = open(cached.running.httpsPort, 'h1', 'GET', '/');
    await slow.answered;
    expect((await cached.ask()).body.length).toBe(body.length);
    expect(cached.seen).toHaveLength(1);
  });
});

/** Fifty requests on one connection: a handshake for each would be what the test takes its time for. */
function fiftyOverH2(port: number): Promise<string>[] {
  const session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false, servername: HOST });
  onTestFinished(() => session.destroy());
  return Array.from({ length: 50 }, () => text(session.request({ ':path': '/', ':authority': HOST })));
}

describe('what changes an address', () => {
  it('makes the cache forget it, and what is being fetched of it', async () => {
    let slow: ServerResponse | undefined;
    const count = numbered({ 'cache-control': 'max-age=60' });
    const cached = await behind(
      (request, response) => {
        if (request.url === '/slow' && slow === undefined) slow = response;
        else if (request.method === 'POST') response.writeHead(201, { location: '/other' }).end();
        else count(request, response);
      },
      { cache: 'on' },
    );
    const bodies = async (path: string): Promise<string> => (await cached.ask({ path })).body.toString();
    expect([await bodies('/'), await bodies('/other'), await bodies('/')]).toEqual([
      'answer 1',
      'answer 2',
      'answer 1',
    ]);
    await cached.ask({ method: 'POST' });
    expect([await bodies('/other'), await bodies('/')]).toEqual(['answer 3', 'answer 4']);
    const before = bodies('/slow');
    await expect.poll(() => slow !== undefined).toBe(true);
    await cached.ask({ method: 'POST', path: '/slow' });
    slow?.writeHead(200, { 'cache-control': 'max-age=60' }).end('from before');
    expect(await before).toBe('from before');
    expect(await bodies('/slow')).toBe('answer 5');
  });
});

describe('attacks on the key', () => {
  /** What frameworks make pages from. */
  const echo: Answering = (request, response) => {
    response.writeHead(200, { 'cache-control': 'max-age=60', 'content-type': 'text/plain' });
    const { host, ...others } = request.headers;
    const told = [
      'x-forwarded-host',
      'x-forwarded-proto',
      'x-original-url',
      'x-http-method-override',
      'forwarded',
    ];
    const shown = told.map((name) => `${name}=${String(others[name])}`);
    response.end(`${request.method} ${host} ${request.url} ${shown.join(' ')}`);
  };

  it.each([
    ['X-Forwarded-Host', { fields: { 'x-forwarded-host': 'evil.test' } }],
    ['X-Forwarded-Proto', { fields: { 'x-forwarded-proto': 'evil' } }],
    ['X-Forwarded-Port and -Prefix', { fields: { 'x-forwarded-port': '1', 'x-forwarded-prefix': '/evil' } }],
    ['Forwarded', { fields: { forwarded: 'host=evil.test' } }],
    ['X-Original-URL', { fields: { 'x-original-url': '/evil', 'x-rewrite-url': '/evil' } }],
    ['X-HTTP-Method-Override', { fields: { 'x-http-method-override': 'DELETE' } }],
    ['a body in a GET', { body: 'evil=1' }],
    [
      'a header that Connection names',
      { fields: { connection: 'x-forwarded-host, host', 'x-forwarded-host': 'evil' } },
    ],
  ])('%s leaves nothing behind for others', async (_, asked) => {
    const cached = await behind(echo, { cache: 'on' });
    await cached.ask({ path: '/page', ...asked });
    const victim = await cached.ask({ path: '/page' });
    expect(victim.body.toString()).toMatch(
      /^GET app\.test:?\d* \/page x-forwarded-host=app\.test:?\d* x-forwarded-proto=https /,
    );
    expect(victim.body.toString()).not.toContain('evil');
    expect(victim.body.toString()).not.toContain('DELETE');
  });

  it('spells each address in one way, so that one answer serves all and none is served for another', async () => {
    const cached = await behind(echo, { cache: 'on' });
    const port = cached.running.httpsPort;
    const asked = [
      { path: '/a/page?x=1' },
      { path: '/a/./page?x=1' },
      { path: '/a/b/../page?x=1' },
      { path: '/%61/pag%65?x=1' },
      { path: '/a/page?x=1', fields: { host: `APP.Test.:${port}` } },
    ];
    for (const one of asked)
      await cached.ask({ ...one, fields: { host: `app.test:${port}`, ...one.fields } });
    expect(cached.seen).toHaveLength(1);
    for (const path of ['/a/page', '/a/page?x=%31', '/a%2Fpage?x=1', '/A/page?x=1', '/a/page%3Fx=1']) {
      const { body } = await cached.ask({ path, fields: { host: `app.test:${port}` } });
      expect(body.toString()).toContain(` ${path} `);
    }
    expect(cached.seen).toHaveLength(6);
  });

  it('bounds what many addresses and variants take', async () => {
    const cached = await behind(
      (_request, response) => {
        response.writeHead(200, { 'cache-control': 'max-age=60', vary: 'X-A' });
        response.end(Buffer.alloc(100_000));
      },
      { cache: { size: '1MB' } },
    );
    for (let number = 0; number < 30; number++) {
      await cached.ask({ path: `/${number % 10}`, fields: { 'x-a': String(number) } });
    }
    const status = cacheOf(cached);
    expect(status?.bytes).toBeLessThanOrEqual(1024 * 1024);
    expect(status?.evictions).toBeGreaterThan(15);
  });

  it('keeps nothing of a bomb, and holds no more of it than of any answer', async () => {
    const cached = await behind(
      (_request, response) => {
        response.writeHead(200, { 'cache-control': 'max-age=60', 'content-encoding': 'gzip' });
        const more = (left: number): void => {
          if (left === 0) response.end();
          else response.write(Buffer.alloc(64 * 1024), () => more(left - 1));
        };
        more(200);
      },
      { cache: { size: '1MB' } },
    );
    expect((await cached.ask()).body.length).toBe(200 * 64 * 1024);
    expect(cacheOf(cached)).toMatchObject({ entries: 0, noRoom: 1 });
    await expect.poll(() => cacheOf(cached)?.bytes).toBe(0);
  });
});

describe('a cache', () => {
  it('keeps compressed answers compressed, one for each coding', async () => {
    const page = 'again and again '.repeat(1000);
    const cached = await behind(
      (_request, response) => {
        response.writeHead(200, { 'cache-control': 'max-age=60', 'content-type': 'text/plain', etag: '"1"' });
        response.end(page);
      },
      { cache: 'on', compress: 'on' },
    );
    const gzip = { fields: { 'accept-encoding': 'gzip' } };
    await cached.ask(gzip);
    const hit = await cached.ask(gzip);
    expect(statusOf(hit)).toContain('hit');
    expect(gunzipSync(hit.body).toString()).toBe(page);
    expect(fieldOf(hit.fields, 'content-length')).toBe(String(hit.body.length));
    expect((await cached.ask()).body.toString()).toBe(page);
    expect(statusOf(await cached.ask())).toContain('hit');
    expect(cached.seen).toHaveLength(2);
  });

  it('keeps what an app, files and fixed answers say, and adds its own fields only once', async () => {
    const app = join(import.meta.dirname, '../../packages/proxy/test/support/echoApp.ts');
    const running = await startRoutes([
      { path: '/', app, microcache: '24h', headers: { response: { add: { 'X-Front': '1' } } } },
    ]);
    onTestFinished(() => running.close());
    const asking = (): Promise<Answer> =>
      ask(running.httpsPort, 'h1', { path: '/page', fields: { 'x-a': '1' } });
    const first = await asking();
    const second = await asking();
    expect(second.body).toEqual(first.body);
    expect(statusOf(second)).toContain('hit');
    expect(second.fields.filter(([name]) => name === 'X-Front')).toHaveLength(1);
  });

  it('is one for a site, unless a route has its own', async () => {
    const { url } = await httpUpstream(numbered({ 'cache-control': 'max-age=60' }));
    const routes = [
      { path: '/', upstream: url },
      { path: '/a', upstream: url },
      { path: '/own', upstream: url, cache: { size: '1MB' } },
      { path: '/none', upstream: url, cache: 'off' },
    ];
    const running = await startRoutes(routes, { cache: 'on' });
    onTestFinished(() => running.close());
    for (const path of ['/', '/a', '/own', '/none']) await ask(running.httpsPort, 'h1', { path });
    expect(running.front?.status().caches.map(({ name, entries }) => [name, entries])).toEqual([
      ['app.test', 2],
      ['app.test/own', 1],
    ]);
  });

  it('forgets what it is told to', async () => {
    const cached = await behind(numbered({ 'cache-control': 'max-age=60' }), { cache: 'on' });
    const paths = ['/a/1', '/a/2', '/b'];
    for (const path of paths) await cached.ask({ path });
    const origin = 'https://app.test';
    expect(cached.running.front?.purge({ kind: 'address', url: `${origin}/a` })).toBe(0);
    expect(cached.running.front?.purge({ kind: 'address', url: `${origin}/b` })).toBe(1);
    expect(cached.running.front?.purge({ kind: 'prefix', url: `${origin}/a/` })).toBe(2);
    expect(cached.running.front?.purge({ kind: 'everything' })).toBe(0);
  });

  it('does not keep an answer that was cut off', async () => {
    let cut = true;
    const cached = await behind(
      (_request, response) => {
        response.writeHead(200, { 'cache-control': 'max-age=60' });
        response.write(cut ? 'half' : 'whole');
        if (cut) setImmediate(() => response.destroy());
        else response.end();
      },
      { cache: 'on' },
    );
    await expect(cached.ask()).rejects.toThrow();
    cut = false;
    expect((await cached.ask()).body.toString()).toBe('whole');
  });

  it('lets a tunnel and an event stream pass', async () => {
    const cached = await behind(
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('data: 1\n\n');
      },
      { microcache: '1s' },
    );
    for (let client = 0; client < 2; client++) {
      const { body } = await open(cached.running.httpsPort, 'h1', 'GET', '/').answered;
      body.resume();
      const [data] = await once(body, 'data');
      expect(String(data)).toBe('data: 1\n\n');
    }
    expect(cached.seen).toHaveLength(2);
  });
});
