// Everything compiled from one configuration. Exchanges hold it; when a newer one is in force and the last exchange
// has let go, its targets close.
import { compileTrust, type Config, type RouteConfig, type SiteConfig, type Trust } from '@tollgate/core';
import type { Caches } from './cache/caches.ts';
import type { RouteTallies } from './figures/tallies.ts';
import type { PolicyMeans } from './policy/means.ts';
import { compileRoute, compileTable, type RoutingTable } from './routing/table.ts';
import type { TargetStore } from './target/store.ts';

export class Generation {
  readonly config: Config;
  readonly table: RoutingTable;
  /** Whose X-Forwarded fields are believed. */
  readonly trust: Trust;
  readonly #end: () => void;
  #holders = 1;

  /** `end` is called once, when nobody holds the generation any more. The maker is the first holder. */
  constructor(config: Config, table: RoutingTable, end: () => void) {
    this.config = config;
    this.table = table;
    this.trust = compileTrust(config.trustedProxies);
    this.#end = end;
  }

  retain(): void {
    this.#holders += 1;
  }

  release(): void {
    this.#holders -= 1;
    if (this.#holders === 0) this.#end();
  }
}

/** Starts apps and opens directories. Rejects with the first that fails; nothing is held then. */
export async function compileGeneration(
  config: Config,
  store: TargetStore,
  tallies: RouteTallies,
  means: PolicyMeans,
): Promise<Generation> {
  const held: (() => void)[] = [];
  const redis = means.redisLinks.acquire(config);
  if (redis !== undefined) held.push(redis.release);
  const these = { ...means, sheds: config.sheddingDelayMs !== undefined, redis: redis?.link };
  const letGo = (): void => {
    for (const release of held) release();
  };
  try {
    const table = await compileTable(config.sites, async (site, route) => {
      const { target, key } = await store.acquire(route.target, config.timeouts);
      held.push(() => store.release(key));
      const cached = acquireCache(means.caches, site, route);
      if (cached !== undefined) held.push(() => means.caches.release(cached.key));
      return compileRoute(site, route, target, tallies.of(site, route), these, cached?.cache);
    });
    return new Generation(config, table, letGo);
  } catch (error) {
    letGo();
    throw error;
  }
}

function acquireCache(
  caches: Caches,
  site: SiteConfig,
  route: RouteConfig,
): ReturnType<Caches['acquire']> | undefined {
  const { cache } = route.policy;
  return cache === undefined ? undefined : caches.acquire(site, route, cache);
}
