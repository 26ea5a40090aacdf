// The compiled table: host, then longest path. Built whole from a configuration, never changed after.
import type { RouteConfig, SiteConfig } from '@tollgate/core';
import type { RoutePolicy } from '../policy/policy.ts';
import type { Target } from '../target/target.ts';
import { HostMap } from './hosts.ts';
import { PathTable } from './paths.ts';

export interface Route {
  readonly site: SiteConfig;
  readonly path: string;
  readonly policy: RoutePolicy;
  readonly target: Target;
}

/** A route, or why there is none: 421 for a host not served, 404 for a path without a route. */
export type Match = Route | 'host-not-served' | 'route-missing';

export class RoutingTable {
  readonly #hosts: HostMap<PathTable<Route>>;

  constructor(hosts: HostMap<PathTable<Route>>) {
    this.#hosts = hosts;
  }

  /** Both canonical, as the gate gives them; `path` without its query. */
  match(host: string, path: string): Match {
    const paths = this.#hosts.find(host);
    if (paths === undefined) return 'host-not-served';
    return paths.find(path) ?? 'route-missing';
  }
}

/** `routeOf` makes the route's target: it may start an app. Rejects with the first that fails. */
export async function compileTable(
  sites: readonly SiteConfig[],
  routeOf: (site: SiteConfig, route: RouteConfig) => Promise<Route>,
): Promise<RoutingTable> {
  const hosts: [readonly string[], PathTable<Route>][] = [];
  for (const site of sites) {
    const routes: [string, Route][] = [];
    for (const route of site.routes) routes.push([route.path, await routeOf(site, route)]);
    hosts.push([site.hosts, new PathTable(routes)]);
  }
  return new RoutingTable(new HostMap(hosts));
}
