// The tallies of all routes, by site and path: a reload that keeps a route keeps what was counted for it.
import type { RouteConfig, SiteConfig } from '@tollgate/core';
import { RouteTally, type RouteFigures } from './route.ts';

export class RouteTallies {
  readonly #tallies = new Map<string, RouteTally>();

  /** Made when it is first asked for. */
  of(site: SiteConfig, { path }: RouteConfig): RouteTally {
    const key = keyOf(site, path);
    const known = this.#tallies.get(key);
    if (known !== undefined) return known;
    const tally = new RouteTally(nameOf(site), path);
    this.#tallies.set(key, tally);
    return tally;
  }

  /** Forgets every route that is not of these sites: reloads must not pile up names. */
  keepOnly(sites: readonly SiteConfig[]): void {
    const wanted = new Set(sites.flatMap((site) => site.routes.map(({ path }) => keyOf(site, path))));
    for (const key of this.#tallies.keys()) if (!wanted.has(key)) this.#tallies.delete(key);
  }

  /** Of these sites, in their order. */
  figures(sites: readonly SiteConfig[]): readonly RouteFigures[] {
    return sites.flatMap((site) => site.routes.map((route) => this.of(site, route).figures()));
  }
}

/** No two sites share a host, so its first one names a site. */
const nameOf = ({ hosts }: SiteConfig): string => hosts[0] ?? '*';
const keyOf = (site: SiteConfig, path: string): string => `${nameOf(site)} ${path}`;
