// `rateLimit`: who asks too often is told when to come again, in every lane, over each protocol, and over a reload.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { plain, respond, route, startFront } from '../../packages/proxy/test/support/front.ts';
import { exchangeRaw } from '../../packages/proxy/test/support/raw.ts';
import { ask, fieldOf } from '../support/ask.ts';
import { LANES, PROTOCOLS, start } from './start.ts';

const limit = { requests: 2, per: '1h' };

describe.each(LANES)('%s lane', (_lane, more) => {
  describe.each(PROTOCOLS)('%s', (protocol) => {
    it('answers 429 with Retry-After beyond the limit, each route for itself', async () => {
      const { httpsPort, refusals } = await start([
        { path: '/a', respond: { body: 'a' }, rateLimit: limit, ...more },
        { path: '/b', respond: { body: 'b' }, rateLimit: { ...limit, burst: 1 }, ...more },
        { path: '/c', respond: { body: 'c' }, ...more },
      ]);
      const statuses = async (path: string): Promise<number[]> => {
        const got: number[] = [];
        for (let at = 0; at < 3; at++) got.push((await ask(httpsPort, protocol, { path })).status);
        return got;
      };
      expect(await statuses('/a')).toEqual([200, 200, 429]);
      expect(await statuses('/b')).toEqual([200, 429, 429]);
      expect(await statuses('/c')).toEqual([200, 200, 200]);
      const refused = await ask(httpsPort, protocol, { path: '/a' });
      expect(Number(fieldOf(refused.fields, 'retry-after'))).toBeGreaterThan(1700);
      expect(refused.body.toString()).toContain('(rate-limited)');
      expect(refusals()).toEqual({ 'rate-limited': 4 });
    });
  });
});

it('of a site is shared by its routes, but for one that takes it back or has its own', async () => {
  const { httpsPort } = await start(
    [
      { path: '/', respond: { body: 'x' } },
      { path: '/y', respond: { body: 'y' } },
      { path: '/free', respond: { body: 'free' }, rateLimit: 'off' },
      { path: '/own', respond: { body: 'own' }, rateLimit: { ...limit, by: 'site' } },
    ],
    { rateLimit: limit },
  );
  const statuses: number[] = [];
  for (const path of ['/', '/y', '/', '/free', '/own', '/own', '/own'])
    statuses.push((await ask(httpsPort, 'h1', { path })).status);
  expect(statuses).toEqual([200, 200, 429, 200, 200, 200, 429]);
});

const rateLimit = {
  requests: 1,
  perMs: 3_600_000,
  burst: 1,
  by: 'address',
  of: 'route',
  shared: 'off',
} as const;
const routes = [route('/', respond('x'), 0, { rateLimit })];
const from = (client: string): string =>
  `GET / HTTP/1.1\r\nHost: a.test\r\nX-Forwarded-For: ${client}\r\nConnection: close\r\n\r\n`;
const status = async (port: number, client: string): Promise<string> =>
  (await exchangeRaw(port, from(client))).slice(9, 12);

it('counts each address for itself, and a /64 of IPv6 as one', async () => {
  const { httpPort } = await startFront(plain({ routes, trustedProxies: ['127.0.0.1'] }));
  const clients = ['192.0.2.1', '192.0.2.1', '192.0.2.2', '2001:db8::1', '2001:db8::2:1', '2001:db8:0:1::1'];
  const statuses: string[] = [];
  for (const client of clients) statuses.push(await status(httpPort, client));
  expect(statuses).toEqual(['200', '429', '200', '200', '429', '200']);
});

it('is not given back by a reload', async () => {
  const { httpPort, front, config } = await startFront(plain({ routes }));
  expect(await status(httpPort, '-')).toBe('200');
  await front.reload({ ...config, limits: { ...config.limits, headerCount: 50 } });
  expect(await status(httpPort, '-')).toBe('429');
});

it('lets exactly the burst of a flood pass', async () => {
  const { httpPort } = await startFront(
    plain({
      routes: [route('/', respond('x'), 0, { rateLimit: { ...rateLimit, requests: 20, burst: 20 } })],
    }),
  );
  const urls = Array.from({ length: 60 }, () => ['-o', '/dev/null', `http://127.0.0.1:${httpPort}/`]).flat();
  const { stdout } = await promisify(execFile)('curl', ['-s', '-Z', '-w', '%{http_code}\n', ...urls]);
  const codes = stdout.trim().split('\n');
  expect([codes.length, codes.filter((code) => code === '200').length]).toEqual([60, 20]);
});
