// All locations of a block as routes, in the order in which nginx would choose among them.
import { canonicalPath } from '@tollgate/core';
import { guardKeys } from './guards.ts';
import { routesAt } from './location.ts';
import type { Context, Place } from './place.ts';
import { escaped } from './patterns.ts';
import { policyOf } from './policy.ts';
import { fateOf, isTold, onlyRefuses, patternText, type Prefix } from './regex.ts';
import { Scope } from './scope.ts';
import type { Ledger } from './ledger.ts';
import type { OutRoute } from './output.ts';
import type { Directive } from './tree.ts';

export interface Located {
  readonly routes: readonly OutRoute[];
  /** Patterns of what nobody gets below the block, but at an exact or final location. */
  readonly withheld: readonly string[];
}

interface Location {
  readonly line: Directive;
  readonly modifier: string;
  readonly path: string;
}

/** What is withheld already: wherever a request ends, and by the patterns that nginx looks at before a prefix. */
interface Held {
  readonly always: readonly string[];
  readonly around: readonly string[];
}

export function routesIn(scope: Scope, context: Context, { always, around }: Held): Located {
  const locations = scope.here('location').map((line) => locationOf(line));
  const prefixes = locations
    .filter(({ modifier }) => modifier === '' || modifier === '^~')
    .map(({ path, modifier }): Prefix => ({ path, isFinal: modifier === '^~' }));
  const withheld = [...new Set([...always, ...around])];
  const routes: OutRoute[] = [];
  for (const { line, modifier } of locations) {
    if (!modifier.startsWith('~')) continue;
    const found = patternRoutes(line, scope, prefixes, withheld, context);
    routes.push(...found.routes);
    withheld.push(...found.withheld);
  }
  withheld.push(...locations.flatMap((location) => unroutable(location, scope, context)));
  for (const location of locations)
    routes.push(...prefixRoutes(location, scope, { always, around: withheld }, context));
  return { routes, withheld };
}

export function locationOf(line: Directive): Location {
  const [first = '', second] = line.args;
  if (second !== undefined) return { line, modifier: first, path: second };
  const [, modifier = '', path = ''] = /^(=|\^~|~\*?|)(.*)$/.exec(first) ?? [];
  return { line, modifier, path };
}

function patternRoutes(
  line: Directive,
  around: Scope,
  prefixes: readonly Prefix[],
  withheld: readonly string[],
  context: Context,
): Located {
  const { ledger } = context;
  const fate = fateOf(line, around, prefixes, context);
  if (fate.kind === 'routes') {
    ledger.carried(line);
    const [first = ''] = fate.paths;
    const scope = new Scope(line.block ?? [], around);
    const notes = fate.isPartial ? [partialNote(line, first, changesGuards(scope, around, context))] : [];
    const taken = { scope, prefix: first, rank: 1, withheld };
    const routes = fate.paths.flatMap((path) =>
      routesAt(
        { ...taken, paths: [path], took: `^${escaped(path)}`, notes: path === first ? notes : [] },
        context,
      ),
    );
    return { routes, withheld: [] };
  }
  if (fate.kind === 'same') {
    ledger.left(
      line,
      'a route is a path: what matches is answered as its path is, without what is said here',
    );
    return { routes: [], withheld: [] };
  }
  if (onlyRefuses(line) && isTold(line)) carryRefusal(line, ledger);
  else ledger.left(line, whyWithheld(line));
  return { routes: [], withheld: [fate.pattern] };
}

function carryRefusal(line: Directive, ledger: Ledger): void {
  const block = line.block ?? [];
  ledger.carried(line, ...block);
  for (const each of block)
    if (each.name === 'return' && each.args[0] !== '403') ledger.left(each, 'here the answer is 403');
}

function whyWithheld(line: Directive): string {
  return isTold(line)
    ? 'a route is a path, not a pattern: nobody gets what matches, but 403, until you take it from "withhold" and give it a route'
    : `what ${patternText(line)} matches cannot be told here: everything gets 403 until you write it as JavaScript reads it in place of "withhold: ^/"`;
}

/** `undefined`: no route can stand there. */
function routePath({ modifier, path: given }: Location): string | undefined {
  const path = given.startsWith('/') ? canonicalPath(given) : undefined;
  return typeof path === 'string' && !/[*?]/.test(path) && !(modifier === '=' && path === '/')
    ? path
    : undefined;
}

/** Nobody gets what such a location guards. */
function unroutable(location: Location, around: Scope, context: Context): readonly string[] {
  const { ledger } = context;
  const { line, modifier, path } = location;
  if (modifier.startsWith('~') || path.startsWith('@') || routePath(location) !== undefined) return [];
  const isRoot = modifier === '=' && path === '/';
  ledger.left(
    line,
    isRoot ? 'a route for / alone does not exist: / is everything' : 'no route has such a path',
  );
  if (!changesGuards(new Scope(line.block ?? [], around), around, context)) return [];
  return [`^${escaped(path)}${modifier === '=' ? '$' : ''}`];
}

/** A prefix that ends in a slash is what a route is; `=` is one path; another prefix is taken as whole segments. */
function prefixRoutes(
  location: Location,
  around: Scope,
  { always, around: patterns }: Held,
  context: Context,
): readonly OutRoute[] {
  const { line, modifier } = location;
  const path = routePath(location);
  if (modifier.startsWith('~') || path === undefined) return [];
  context.ledger.carried(line);
  const scope = new Scope(line.block ?? [], around);
  const isExact = modifier === '=';
  const isPartial = !isExact && !path.endsWith('/');
  const isFinal = isExact || modifier === '^~';
  const own = routesIn(scope, context, { always, around: isFinal ? [] : patterns });
  const place: Place = {
    scope,
    paths: isPartial ? [path, `${path}/`] : [path],
    prefix: path,
    took: `^${escaped(path)}${isExact ? '$' : ''}`,
    rank: isExact ? 0 : 2,
    notes: isPartial ? [partialNote(line, path, changesGuards(scope, around, context))] : [],
    withheld: own.withheld,
  };
  return [...routesAt(place, context), ...own.routes];
}

function changesGuards(scope: Scope, around: Scope, { ledger }: Context): boolean {
  return guardKeys(policyOf(scope, ledger)) !== guardKeys(policyOf(around, ledger));
}

const partialNote = ({ file, line }: Directive, path: string, isGuarded: boolean): string =>
  `${file}:${line}: nginx took ${path}... for ${path} too; a route is whole segments${isGuarded ? ', and the rest gets 403' : ''}.`;
