// What a directory answers with by itself must not be what `withhold` keeps back: it would be sent under another name.
import { show, type Key } from '../problem.ts';
import type { Reading } from '../reading.ts';
import type { PlacedRoute, PlacedSite } from '../sites.ts';

export function checkWithheld(reading: Reading, { frame, routes }: PlacedSite): void {
  for (const route of routes) {
    const patterns = route.given.withhold ?? frame?.withhold ?? [];
    if (patterns.length > 0) checkNames(reading, route, patterns);
  }
}

function checkNames(reading: Reading, { at, given }: PlacedRoute, patterns: readonly string[]): void {
  const { files, path } = given;
  const directory = path.slice(0, path.lastIndexOf('/') + 1);
  const check = (key: readonly Key[], name: string): void => {
    const pattern = patterns.find((source) => new RegExp(source, 'iu').test(`${directory}${name}`));
    if (pattern === undefined) return;
    const place = [...at, 'files', ...key];
    reading.report(place, `expected a file that withhold lets pass, got ${show(name)} (it has ${pattern})`);
  };
  for (const [index, name] of (files?.index ?? []).entries()) check(['index', index], name);
  if (files?.fallback !== undefined) check(['fallback'], files.fallback);
}
