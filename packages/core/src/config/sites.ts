// Sites and routes, read one by one with their places, so that a mistake in one does not hide those of another.
import type { Key } from './problem.ts';
import { isRecord, type Reading } from './reading.ts';
import { route, type RouteInput } from './schema/route.ts';
import { siteFrame, type SiteFrame } from './schema/site.ts';

export interface PlacedRoute {
  readonly at: readonly Key[];
  readonly given: RouteInput;
}

export interface PlacedSite {
  readonly at: readonly Key[];
  /** `undefined` when it has no valid hosts or routes; its routes are checked all the same. */
  readonly frame: SiteFrame | undefined;
  /** Those that could be read. */
  readonly routes: readonly PlacedRoute[];
}

export function readSites(reading: Reading, sites: unknown): readonly PlacedSite[] {
  return listOf(sites).map((value, index) => readSite(reading, value, ['sites', index]));
}

function readSite(reading: Reading, value: unknown, at: readonly Key[]): PlacedSite {
  const frame = reading.read(siteFrame, value, at);
  const routes = listOf(isRecord(value) ? value['routes'] : undefined).flatMap((item, index) => {
    const place = [...at, 'routes', index];
    const given = reading.read(route, item, place);
    return given === undefined ? [] : [{ at: place, given }];
  });
  return { at, frame, routes };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
