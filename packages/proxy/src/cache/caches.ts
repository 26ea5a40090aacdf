// The caches in use, by whose they are and how they are configured. A reload that leaves one as it is keeps what is in
// it; the last generation to let go drops it.
import type { CacheConfig, RouteConfig, SiteConfig } from '@tollgate/core';
import type { CacheCounters } from './counters.ts';
import { RouteCache } from './routeCache.ts';

export interface CacheStatus extends Readonly<CacheCounters> {
  /** First host of its site, with the route's path when it is the route's own. */
  readonly name: string;
  readonly entries: number;
  readonly bytes: number;
  readonly limitBytes: number;
  /** Bodies in files; 0 without a disk. */
  readonly diskBytes: number;
  readonly diskLimitBytes: number;
  readonly diskFiles: number;
  /** Pushed out for others. */
  readonly evictions: number;
  /** Clients that wait now for what another has asked for. */
  readonly waiting: number;
}

/** What is to be forgotten: an address, all addresses that begin with it, or everything. */
export type Purge =
  | { readonly kind: 'address' | 'prefix'; readonly url: string }
  | { readonly kind: 'everything' };

interface Shared {
  readonly name: string;
  readonly cache: RouteCache;
  holders: number;
}

export class Caches {
  readonly #shared = new Map<string, Shared>();

  acquire(site: SiteConfig, route: RouteConfig, config: CacheConfig): { cache: RouteCache; key: string } {
    const path = config.of === 'route' ? route.path : '';
    const told = toldOfClient(route);
    const key = JSON.stringify([site.hosts, path, config, told]);
    const shared = this.#shared.get(key) ?? {
      name: `${site.hosts[0] ?? ''}${path}`,
      cache: new RouteCache(config, told),
      holders: 0,
    };
    this.#shared.set(key, shared);
    shared.holders += 1;
    return { cache: shared.cache, key };
  }

  release(key: string): void {
    const shared = this.#shared.get(key);
    if (shared === undefined) return;
    shared.holders -= 1;
    if (shared.holders > 0) return;
    this.#shared.delete(key);
    shared.cache.close();
  }

  /** The count of answers that were kept. */
  purge(purge: Purge): number {
    const wanted = matcherOf(purge);
    return [...this.#shared.values()].reduce((sum, { cache }) => sum + cache.purge(wanted), 0);
  }

  status(): readonly CacheStatus[] {
    return [...this.#shared.values()].map(({ name, cache }) => ({
      name,
      entries: cache.store.entries,
      bytes: cache.store.bytes,
      limitBytes: cache.store.limitBytes,
      diskBytes: cache.disk?.bytes ?? 0,
      diskLimitBytes: cache.disk?.limitBytes ?? 0,
      diskFiles: cache.disk?.files ?? 0,
      evictions: cache.store.evictions,
      waiting: cache.waiting,
      ...cache.counters,
    }));
  }
}

/** Fields in which a target is told who the client is, in place of what the client sent under the name. */
function toldOfClient({ policy }: RouteConfig): readonly string[] {
  return (policy.auth?.forward?.copy ?? []).map((name) => name.toLowerCase());
}

/** What a trusted proxy in front says of the client is part of a key, but not of an address. */
function matcherOf(purge: Purge): (key: string) => boolean {
  if (purge.kind === 'everything') return () => true;
  const { url } = purge;
  const address = (key: string): string => key.replace(/^(https?:\/\/[^/@]*)@[^/]*/, '$1');
  return purge.kind === 'address' ? (key) => address(key) === url : (key) => address(key).startsWith(url);
}
