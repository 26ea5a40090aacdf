// The compiled table: host, then longest path. Built whole from a configuration, never changed after.
import type { RouteConfig, SiteConfig } from '@tollgate/core';
import type { RouteCache } from '../cache/routeCache.ts';
import type { RouteTally } from '../figures/route.ts';
import type { PolicyMeans } from '../policy/means.ts';
import { compilePolicy, type RoutePolicy } from '../policy/policy.ts';
import { worksOffServer } from '../lane/wire/node/response.ts';
import { isReachedByWire, type Target } from '../target/target.ts';
import { HostMap } from './hosts.ts';
import { PathTable } from './paths.ts';

export interface Route {
  readonly site: SiteConfig;
  readonly path: string;
  readonly policy: RoutePolicy;
  readonly target: Target;
  /** The wire lane may answer: it reaches the target, and the policy leaves it to. */
  readonly byWire: boolean;
  /** The same for HTTP/1.1, where the lane can give an app Node's request and response. */
  readonly byWireH1: boolean;
  /** The full lane answers a bodyless request over HTTP/1.1 as the guest of its connection, which stays in the wire lane. */
  readonly byGuest: boolean;
  readonly tally: RouteTally;
}

/** A route, or why there is none: 421 for a host not served, 404 for a path without a route. */
export type Match = Route | 'host-not-served' | 'route-missing';

export class RoutingTable {
  /** Some route may be answered by the wire lane. */
  readonly byWire: boolean;
  readonly #hosts: HostMap<PathTable<Route>>;

  constructor(hosts: HostMap<PathTable<Route>>, byWire: boolean) {
    this.#hosts = hosts;
    this.byWire = byWire;
  }

  /** Both canonical, as the gate gives them; `path` without its query. */
  match(host: string, path: string): Match {
    const paths = this.#hosts.find(host);
    if (paths === undefined) return 'host-not-served';
    return paths.find(path) ?? 'route-missing';
  }
}

/** Rejects when a file that the policy names cannot be read. */
export async function compileRoute(
  site: SiteConfig,
  route: RouteConfig,
  target: Target,
  tally: RouteTally,
  means: PolicyMeans,
  cache?: RouteCache,
): Promise<Route> {
  const policy = await compilePolicy(site, route, means, cache);
  const isReached = isReachedByWire(target);
  const isApp = target.kind === 'app' && worksOffServer;
  const byWire = isReached && (policy.full === undefined || policy.change !== undefined);
  const byWireH1 = byWire || (isApp && policy.full === undefined);
  const byGuest = (isReached || isApp) && !byWireH1 && worksOffServer;
  return { site, path: route.path, policy, target, byWire, byWireH1, byGuest, tally };
}

/** `routeOf` makes the route's target: it may start an app. Rejects with the first that fails. */
export async function compileTable(
  sites: readonly SiteConfig[],
  routeOf: (site: SiteConfig, route: RouteConfig) => Promise<Route>,
): Promise<RoutingTable> {
  const hosts: [readonly string[], PathTable<Route>][] = [];
  let byWire = false;
  for (const site of sites) {
    const routes: [string, Route][] = [];
    for (const given of site.routes) {
      const route = await routeOf(site, given);
      routes.push([route.path, route]);
      byWire ||= route.byWireH1 || route.byGuest || route.policy.kept !== undefined;
    }
    hosts.push([site.hosts, new PathTable(routes)]);
  }
  return new RoutingTable(new HostMap(hosts), byWire);
}
