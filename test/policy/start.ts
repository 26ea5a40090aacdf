// A front with routes of the test's own, torn down with it, and the two lanes that may answer one.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Fields } from '../support/ask.ts';
import { startRoutes, type Running } from '../support/ways.ts';

/** `site`: keys of the site; `root`: of the configuration. */
export async function start(
  routes: readonly object[],
  site: object = {},
  root: object = {},
): Promise<Running> {
  const running = await startRoutes(routes, site, root);
  onTestFinished(() => running.close());
  return running;
}

/** `respond` is the wire lane's to answer; what has its request edited is the full lane's. */
export const LANES = [
  ['wire', {}],
  ['full', { headers: { request: { set: { 'x-full': 1 } } } }],
] as const;

export const PROTOCOLS = ['h1', 'h2'] as const;

export const valuesOf = (fields: Fields, name: string): string[] =>
  fields.filter(([known]) => known.toLowerCase() === name).map(([, value]) => value);

/** A directory with these files, gone with the test. */
export function directoryWith(files: Readonly<Record<string, string>> = {}): string {
  const made = mkdtempSync(join(tmpdir(), 'tollgate-policy-'));
  onTestFinished(() => rmSync(made, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(made, name), text);
  return made;
}
