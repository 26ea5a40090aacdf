// Which server answers, over real sockets and every way there: both engines, HTTP/1.1, HTTP/2 and WebSockets.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { UpstreamConfig, UpstreamServer } from '@tollgate/core';
import { askBy, type Protocol, type Question, type Reply } from '../support/asking.ts';
import { route, server, startFront, upstream, type Running } from '../support/front.ts';
import { httpUpstream, type Upstream } from '../support/upstream.ts';

const WAYS = (['http-proxy', 'wire'] as const).flatMap((engine) =>
  (['h1', 'h2'] as const).map((protocol) => ({ engine, protocol, way: `${engine}, ${protocol}` })),
);

/** Says its name; `/wait` is answered when the test says so. */
interface Named extends Upstream {
  readonly waiting: ServerResponse[];
}

async function named(name: string, status = 200): Promise<Named> {
  const waiting: ServerResponse[] = [];
  const made = await httpUpstream((request, response) => {
    request.resume();
    if (request.url === '/wait') waiting.push(response);
    else response.writeHead(status).end(name);
  });
  return { ...made, waiting };
}

const frontOf = (
  servers: readonly (string | UpstreamServer)[],
  more: Partial<UpstreamConfig>,
): Promise<Running> => startFront({ routes: [route('/', upstream(servers, more))] });

async function bodies(protocol: Protocol, running: Running, questions: readonly Question[]): Promise<string> {
  let all = '';
  for (const question of questions) all += (await askBy(protocol, running, question)).body;
  return all;
}

const times = (count: number, question: Question = {}): Question[] =>
  Array.from({ length: count }, () => question);

describe.each(WAYS)('upstream by $way', ({ engine, protocol }) => {
  it('gives each server its weight', async () => {
    const [a, b] = [await named('a'), await named('b')];
    const running = await frontOf([server(a.url, { weight: 3 }), b.url], { engine });
    expect(await bodies(protocol, running, times(8))).toBe('aabaaaba');
  });

  it('asks whoever has the least to do', async () => {
    const [a, b] = [await named('a'), await named('b')];
    const running = await frontOf([a.url, b.url], { engine, balance: { kind: 'least-connections' } });
    const slow = askBy(protocol, running, { path: '/wait' });
    await expect.poll(() => a.waiting.length).toBe(1);
    expect(await bodies(protocol, running, times(4))).toBe('bbbb');
    a.waiting[0]?.end('done');
    expect((await slow).body).toBe('done');
    expect(new Set(await bodies(protocol, running, times(4)))).toEqual(new Set('ab'));
    await expect.poll(() => running.front.status().upstreams.map(({ active }) => active)).toEqual([0, 0]);
  });

  it.each([
    ['cookie', { from: 'cookie', name: 'sid' }, (key: string) => ({ cookie: `theme=dark; sid=${key}` })],
    ['header', { from: 'header', name: 'x-user' }, (key: string) => ({ 'X-User': key })],
    ['host', { from: 'header', name: 'host' }, (key: string) => ({ [HOST_OF[protocol]]: `${key}.test` })],
  ] as const)('keeps the same %s with its server', async (_name, by, fieldsOf) => {
    const servers = [await named('a'), await named('b'), await named('c')];
    const running = await frontOf(
      servers.map(({ url }) => url),
      { engine, balance: { kind: 'hash', by } },
    );
    const met = new Set<string>();
    for (let key = 0; key < 12; key++) {
      const same = await bodies(protocol, running, times(2, { fields: fieldsOf(`k${key}`) }));
      expect(same[0]).toBe(same[1]);
      met.add(same);
    }
    expect(met.size).toBeGreaterThan(1);
  });

  it('keeps an address with its server', async () => {
    const servers = [await named('a'), await named('b'), await named('c')];
    const running = await frontOf(
      servers.map(({ url }) => url),
      { engine, balance: { kind: 'hash', by: { from: 'address' } } },
    );
    expect(await bodies(protocol, running, times(5))).toMatch(/^(.)\1{4}$/);
  });

  it('asks a backup when the others cannot be reached', async () => {
    const spare = await named('spare');
    const running = await frontOf(['http://127.0.0.1:1', server(spare.url, { backup: true })], { engine });
    expect(await bodies(protocol, running, times(4))).toBe('spare'.repeat(4));
  });

  it('gives a server no more than it may have: some wait, with their bodies, the rest are answered 503', async () => {
    const a = await named('a');
    const running = await frontOf([server(a.url, { maxConnections: 1 })], {
      engine,
      queue: { size: 1, waitMs: 30_000 },
    });
    const first = askBy(protocol, running, { path: '/wait' });
    await expect.poll(() => a.waiting.length).toBe(1);
    const second = askBy(protocol, running, { path: '/wait', method: 'POST', body: 'x'.repeat(200_000) });
    await expect.poll(() => running.front.status().upstreamTotals[0]?.waiting).toBe(1);
    expect((await askBy(protocol, running)).status).toBe(503);
    expect(a.waiting).toHaveLength(1);
    a.waiting[0]?.end('first');
    expect(await first).toEqual({ status: 200, body: 'first' });
    await expect.poll(() => a.waiting.length).toBe(2);
    a.waiting[1]?.end('second');
    expect(await second).toEqual({ status: 200, body: 'second' });
    expect(running.front.status()).toMatchObject({
      upstreams: [{ requests: 2, maxConnections: 1 }],
      upstreamTotals: [{ waited: 1, queueFull: 1, waiting: 0 }],
      refusals: { 'upstream-busy': 1 },
    });
    await expect.poll(() => running.front.status().upstreams[0]?.active).toBe(0);
  });

  it('forgets a request that waits when its client leaves', async () => {
    const a = await named('a');
    const running = await frontOf([server(a.url, { maxConnections: 1 })], {
      engine,
      queue: { size: 5, waitMs: 30_000 },
    });
    const first = askBy(protocol, running, { path: '/wait' });
    await expect.poll(() => a.waiting.length).toBe(1);
    const leaving = new AbortController();
    const second = askBy(protocol, running, { path: '/wait', signal: leaving.signal });
    await expect.poll(() => running.front.status().upstreamTotals[0]?.waiting).toBe(1);
    leaving.abort();
    await expect(second).rejects.toThrow(/abort/i);
    await expect.poll(() => running.front.status().upstreamTotals[0]?.waiting).toBe(0);
    a.waiting[0]?.end('first');
    await first;
    expect((await askBy(protocol, running)).body).toBe('a');
    expect(a.waiting).toHaveLength(1);
    expect(await running.record(({ path, status }) => path === '/wait' && status === 499)).toBeDefined();
  });

  it('answers 503 to a request that has waited long enough', async () => {
    const a = await named('a');
    const running = await frontOf([server(a.url, { maxConnections: 1 })], {
      engine,
      queue: { size: 5, waitMs: 60 },
    });
    const first = askBy(protocol, running, { path: '/wait' });
    await expect.poll(() => a.waiting.length).toBe(1);
    expect((await askBy(protocol, running)).status).toBe(503);
    expect(running.front.status().upstreamTotals).toMatchObject([{ queueLate: 1, waiting: 0 }]);
    a.waiting[0]?.end('first');
    await first;
    expect((await askBy(protocol, running)).body).toBe('a');
  });

  it('leaves a server alone that answers with too many errors', async () => {
    const [bad, good] = [await named('bad', 503), await named('good')];
    const running = await frontOf([bad.url, good.url], {
      engine,
      breaker: { share: 0.5, overMs: 10_000, least: 3 },
    });
    await bodies(protocol, running, times(6));
    expect(await bodies(protocol, running, times(3))).toBe('good'.repeat(3));
    expect(running.front.status().upstreams).toMatchObject([{ state: 'marked' }, { state: 'up' }]);
  });

  it('asks again no more often than the budget allows', async () => {
    const alive = await named('alive');
    const running = await frontOf(['http://127.0.0.1:1', alive.url], {
      engine,
      maxFails: 1000,
      retries: { attempts: 1, budget: 0 },
    });
    const answers: Reply[] = [];
    for (const question of times(30)) answers.push(await askBy(protocol, running, question));
    const failed = answers.filter(({ status }) => status === 502);
    expect(answers.filter(({ body }) => body === 'alive').length + failed.length).toBe(30);
    expect(running.front.status().upstreamTotals).toMatchObject([
      { retries: 10, retriesDenied: failed.length },
    ]);
    expect(failed.length).toBe(5);
  });
});

const HOST_OF = { h1: 'host', h2: ':authority' } as const;

describe.each(['http-proxy', 'wire'] as const)('WebSockets to an upstream by %s', (engine) => {
  it('count as long as they are open, and wait as requests do', async () => {
    const { url, server: listening } = await named('a');
    const sockets = new WebSocketServer({ server: listening });
    const running = await frontOf([server(url, { maxConnections: 1 })], {
      engine,
      queue: { size: 1, waitMs: 30_000 },
    });
    const open = async (): Promise<WebSocket> => {
      const socket = new WebSocket(`wss://127.0.0.1:${running.httpsPort}/`, { rejectUnauthorized: false });
      await once(socket, 'open');
      return socket;
    };
    const first = await open();
    const second = open();
    await expect.poll(() => running.front.status().upstreamTotals[0]?.waiting).toBe(1);
    expect((await askBy('h1', running)).status).toBe(503);
    first.close();
    (await second).close();
    await expect.poll(() => running.front.status().upstreams[0]?.active).toBe(0);
    expect((await askBy('h1', running)).body).toBe('a');
    sockets.close();
  });
});
