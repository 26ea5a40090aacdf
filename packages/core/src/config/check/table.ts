// What must hold between sites and routes: each host in one site, each path once in a site, one target for a route.
import { pathText, show, type Key } from '../problem.ts';
import type { Reading } from '../reading.ts';
import type { PolicyInput } from '../schema/policy/policy.ts';
import { TARGETS } from '../schema/route.ts';
import type { PlacedRoute, PlacedSite } from '../sites.ts';
import { checkWithheld } from './withhold.ts';

export function checkTable(reading: Reading, sites: readonly PlacedSite[]): void {
  checkHosts(reading, sites);
  for (const site of sites) {
    checkPaths(reading, site.routes);
    checkWithheld(reading, site);
    checkLifetime(reading, site.at, site.frame);
    for (const route of site.routes) {
      checkTarget(reading, route);
      checkLifetime(reading, route.at, route.given);
    }
  }
}

function checkHosts(reading: Reading, sites: readonly PlacedSite[]): void {
  const owners = new Map<string, readonly Key[]>();
  for (const { at, frame } of sites) {
    for (const [index, host] of (frame?.hosts ?? []).entries()) {
      const owner = owners.get(host);
      if (owner === undefined) owners.set(host, at);
      else reading.report([...at, 'hosts', index], taken('a host', host, owner));
    }
  }
}

function checkPaths(reading: Reading, routes: readonly PlacedRoute[]): void {
  const owners = new Map<string, readonly Key[]>();
  for (const { at, given } of routes) {
    const owner = owners.get(given.path);
    if (owner === undefined) owners.set(given.path, at);
    else reading.report([...at, 'path'], taken('a path', given.path, owner));
  }
}

function taken(what: string, value: string, owner: readonly Key[]): string {
  return `expected ${what} of its own, got ${show(value)} (${pathText(owner)} has it)`;
}

function checkTarget(reading: Reading, { at, given }: PlacedRoute): void {
  const [first, second] = TARGETS.filter((name) => given[name] !== undefined);
  const expected = `expected one target (${TARGETS.join(', ')})`;
  if (second !== undefined) reading.report([...at, second], `${expected}, got ${first} and ${second}`, true);
  if (first === undefined && reading.accepts(at)) reading.report(at, `${expected}, got none`);
}

/** `microcache` is the lifetime of a cache that is on: there is one of each. */
function checkLifetime(reading: Reading, at: readonly Key[], given: PolicyInput | undefined): void {
  const { cache, microcache } = given ?? {};
  if (microcache === undefined || cache === undefined) return;
  const got = cache === 'off' ? 'cache: off' : 'cache.lifetime';
  if (cache === 'off' || cache.lifetime !== undefined)
    reading.report(
      [...at, 'microcache'],
      `expected one word on how long answers are kept, got ${got} beside it`,
      true,
    );
}
