// Rate limits that several nodes share, by a real redis-server: one limit for all, held alone while it is away.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configOf, plain, respond, route, startFront } from '../../packages/proxy/test/support/front.ts';
import { ask, fieldOf } from '../support/ask.ts';
import { writePair } from '../support/certificate.ts';
import { freePorts } from '../support/freePorts.ts';
import { HAS_REDIS, redisPeer, type RedisPeer } from '../support/redis.ts';
import type { Running } from '../support/ways.ts';
import { directoryWith, PROTOCOLS, start } from './start.ts';

const limit = (shared: 'on' | 'strict', burst = 4): object => ({ requests: burst, per: '1h', shared });
const routes = [
  { path: '/', respond: { body: 'x' }, rateLimit: limit('on') },
  { path: '/strict', respond: { body: 'strict' }, rateLimit: limit('strict') },
  { path: '/many', respond: { body: 'many' }, rateLimit: limit('on', 1000) },
];
/** The machine may be busy: an answer is waited for longer than a site would. */
const redisAt = ({ socket }: RedisPeer, more: object = {}): object => ({
  redis: { server: `unix:${socket}`, wait: '5s', ...more },
});
const linkOf = ({ front }: Pick<Running, 'front'>) => front?.status().redis[0];

/** Two nodes that have found the server. */
async function twoNodes(peer: RedisPeer): Promise<[Running, Running]> {
  const nodes = [await start(routes, {}, redisAt(peer)), await start(routes, {}, redisAt(peer))] as const;
  for (const node of nodes) await expect.poll(() => linkOf(node)?.state).toBe('present');
  return [...nodes];
}

const statusAt = async (node: Running, path = '/', protocol: 'h1' | 'h2' = 'h1'): Promise<number> =>
  (await ask(node.httpsPort, protocol, { path })).status;

/** All that has passed has been noted. */
const noted = (node: Running, count: number): Promise<void> =>
  expect.poll(() => linkOf(node)?.answered).toBe(count);

describe.runIf(HAS_REDIS)('a shared limit', () => {
  it.each(PROTOCOLS)('counts what every node has let pass over %s, and ends by itself', async (protocol) => {
    const peer = await redisPeer();
    const [a, b] = await twoNodes(peer);
    for (let at = 1; at <= 3; at++) {
      expect(await statusAt(a, '/', protocol)).toBe(200);
      await noted(a, at);
    }
    expect(await statusAt(b, '/', protocol)).toBe(200);
    await noted(b, 1);
    const refused = await ask(b.httpsPort, protocol, { path: '/' });
    expect([refused.status, linkOf(b)?.answered]).toEqual([429, 1]);
    expect(Number(fieldOf(refused.fields, 'retry-after'))).toBeGreaterThan(800);
    // Until it has something to note itself it has not heard of the other's: one too many, which both pay for.
    expect(await statusAt(a, '/', protocol)).toBe(200);
    await noted(a, 4);
    const later = await ask(a.httpsPort, protocol, { path: '/' });
    expect([later.status, Number(fieldOf(later.fields, 'retry-after')) > 1700]).toEqual([429, true]);
    const keys = await peer.ask('KEYS tollgate:rate:*');
    expect(keys).toMatch(/\r\ntollgate:rate:app\.test\/:[0-9a-f]{8}:127\.0\.0\.1\r\n$/);
    const [key = ''] = /tollgate:rate\S+/.exec(keys) ?? [];
    expect(Number((await peer.ask(`PTTL ${key}`)).slice(1))).toBeGreaterThan(3_500_000);
  });

  it('lets exactly its burst pass of what comes to both at once, if it is strict', async () => {
    const [a, b] = await twoNodes(await redisPeer());
    const all = Array.from({ length: 12 }, (_, at) => statusAt(at % 2 === 0 ? a : b, '/strict'));
    expect((await Promise.all(all)).filter((status) => status === 200).length).toBe(4);
    const asked = [a, b].map((node) => linkOf(node)?.answered);
    for (const node of [a, b]) expect(await statusAt(node, '/strict')).toBe(429);
    expect([a, b].map((node) => linkOf(node)?.answered)).toEqual(asked);
  });

  it('is held by each node for itself while the server is gone, and shared again when it is back', async () => {
    const peer = await redisPeer();
    const [a, b] = await twoNodes(peer);
    await peer.kill();
    await expect.poll(() => linkOf(a)?.state).toBe('away');
    const alone: number[] = [];
    for (let at = 0; at < 5; at++) alone.push(await statusAt(a));
    expect(alone).toEqual([200, 200, 200, 200, 429]);
    expect(await statusAt(a, '/strict')).toBe(503);
    expect(a.refusals()).toEqual({ 'rate-limited': 1, 'limit-unavailable': 1 });
    expect(linkOf(a)).toMatchObject({ unasked: 5, fault: expect.stringMatching(/\S/) });
    await peer.start();
    for (const node of [a, b]) await expect.poll(() => linkOf(node)?.state).toBe('present');
    expect(await statusAt(b, '/strict')).toBe(200);
    const told = a.events.map(([, message]) => message).filter((message) => /redis/i.test(String(message)));
    expect(told).toEqual([
      'limits are shared through Redis',
      'Redis does not answer: each worker holds shared limits for itself',
      'limits are shared through Redis',
    ]);
  });

  it('waits for a server that hangs no longer than it may, and soon not at all', async () => {
    const peer = await redisPeer();
    const node = await start(routes, {}, redisAt(peer, { wait: '20ms' }));
    await expect.poll(() => linkOf(node)?.state).toBe('present');
    peer.freeze();
    expect(await statusAt(node, '/strict')).toBe(503);
    expect(linkOf(node)).toMatchObject({ answered: 0, unanswered: 1, state: 'present' });
    await expect
      .poll(async () => (await statusAt(node, '/many')) === 200 && linkOf(node)?.state)
      .toBe('away');
    expect(linkOf(node)?.fault).toBe('no answer in 20 ms');
    peer.thaw();
    await expect.poll(() => linkOf(node)?.state).toBe('present');
  });

  it('keeps its connection over a reload, and closes it when nothing is shared any more', async () => {
    const peer = await redisPeer();
    const rateLimit = {
      requests: 1,
      perMs: 1000,
      burst: 1,
      by: 'address',
      of: 'route',
      shared: 'on',
    } as const;
    const wanted = plain({ routes: [route('/', respond('x'), 0, { rateLimit })] });
    const server = {
      tls: false,
      address: { kind: 'unix', path: peer.socket },
      database: 0,
      text: '',
    } as const;
    const given = {
      server,
      user: undefined,
      passwordFile: undefined,
      ca: undefined,
      prefix: 'p',
      waitMs: 50,
    };
    const node = await startFront(wanted, { ...configOf(wanted), redis: given });
    await expect.poll(() => linkOf(node)?.state).toBe('present');
    const [before] = /id=\d+/.exec(await peer.ask('CLIENT LIST')) ?? [];
    await node.front.reload({ ...node.config, trustedProxies: ['192.0.2.1'] });
    expect(await peer.ask('CLIENT LIST')).toContain(`${before} `);
    await node.front.reload({ ...node.config, redis: undefined });
    expect(linkOf(node)).toBeUndefined();
    await expect.poll(async () => (await peer.ask('CLIENT LIST')).includes(`${before} `)).toBe(false);
  });
});

describe.runIf(HAS_REDIS)('the server of shared limits', () => {
  const ACL = 'user tollgate on >s3cret resetchannels ~tollgate:* -@all +evalsha +eval +get +set +time';

  it('is reached over TLS as a user who may do nothing else, and no password is told', async () => {
    const directory = directoryWith({ password: 's3cret\n', wrong: 'wr0ng-secret\n' });
    const { port, ca, settings } = await tlsSettings(directory);
    await redisPeer([...settings, ACL]);
    const redis = { server: `rediss://localhost:${port}`, ca, user: 'tollgate', wait: '5s' };
    const to = (more: object): Promise<Running> => start(routes, {}, { redis: { ...redis, ...more } });
    const right = await to({ passwordFile: join(directory, 'password') });
    await expect.poll(() => linkOf(right)?.state).toBe('present');
    expect(await statusAt(right, '/strict')).toBe(200);
    const wrong = await to({ passwordFile: join(directory, 'wrong') });
    await expect.poll(() => linkOf(wrong)?.fault).toMatch(/WRONGPASS/);
    const strange = await to({ ca: undefined, passwordFile: join(directory, 'password') });
    await expect.poll(() => linkOf(strange)?.fault).toMatch(/self-signed|unable to verify/i);
    for (const node of [right, wrong, strange]) {
      expect(JSON.stringify([node.events, node.front?.status()])).not.toMatch(/s3cret|wr0ng/);
    }
  });
});

async function tlsSettings(directory: string): Promise<{ port: number; ca: string; settings: string[] }> {
  await writePair(directory, 'redis', ['localhost']);
  const ca = join(directory, 'redis.pem');
  const [port = 0] = await freePorts(1);
  const own = [`tls-port ${port}`, `tls-cert-file ${ca}`, `tls-key-file ${join(directory, 'redis.key')}`];
  return { port, ca, settings: [...own, 'tls-auth-clients no', 'bind 127.0.0.1'] };
}
