// Whose a cache is, and how long it lives: as long as a configuration wants the same one.
import type { CacheConfig, SiteConfig } from '@tollgate/core';
import { expect, it } from 'vitest';
import { Caches } from '../../src/cache/caches.ts';
import { respond, route } from '../support/front.ts';

const CONFIG: CacheConfig = {
  of: 'site',
  limitBytes: 2 ** 20,
  disk: undefined,
  bodyBytes: 2 ** 18,
  lifetimeMs: 1000,
  heuristic: false,
  cookies: 'bypass',
  staleWhileRevalidateMs: 0,
  staleIfErrorMs: 0,
  waitMs: 5000,
  waiting: 10,
  clientDirectives: 'ignore',
  cacheStatus: true,
};
const SITE: SiteConfig = { hosts: ['a.test'], tls: { kind: 'self-signed' }, routes: [] };

it('is the same for the routes of a site and after a reload that leaves it as it is', () => {
  const caches = new Caches();
  const acquire = (path: string, config: Partial<CacheConfig> = {}, site = SITE) =>
    caches.acquire(site, route(path, respond('')), { ...CONFIG, ...config });
  const { cache, key } = acquire('/');
  expect(acquire('/other').cache).toBe(cache);
  expect(acquire('/', {}, { ...SITE, hosts: ['b.test'] }).cache).not.toBe(cache);
  expect(acquire('/', { waitMs: 1 }).cache).not.toBe(cache);
  expect(acquire('/own', { of: 'route' }).cache).not.toBe(acquire('/other', { of: 'route' }).cache);
  caches.release(key);
  expect(acquire('/').cache).toBe(cache);
  for (let holder = 0; holder < 2; holder++) caches.release(key);
  expect(acquire('/').cache).not.toBe(cache);
});
