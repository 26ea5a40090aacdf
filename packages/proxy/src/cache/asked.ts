// What the cache has to know of a request, read once before the target sees it: an app in this process gets other fields
// in their place.
import { namedInConnection, type Accepted, type CacheConfig, type Client } from '@tollgate/core';
import type { PolicyExchange } from '../policy/seam.ts';
import { namesOf, withoutFields } from './fieldLines.ts';
import { primaryKey } from './key.ts';
import { NO_WISHES, wishesOf, type Wishes } from './reuse.ts';
import type { AskedFor } from './stored.ts';

export interface Asked extends AskedFor {
  /** Of the fields, in lower case. */
  readonly names: ReadonlySet<string>;
  readonly isHead: boolean;
  /** A part of the answer is asked for. */
  readonly isPartial: boolean;
  /** The client has a copy, and asks whether it still holds. */
  readonly isConditional: boolean;
  readonly wishes: Wishes;
  /** On the clock of `performance.now`. */
  readonly waitsUntilMs: number;
}

/** Who asks for what, in either lane. */
export interface CacheRequest extends Pick<Accepted, 'method' | 'authority' | 'target'> {
  readonly client: Client;
  /** Names and values in turn, as they came. */
  readonly fields: readonly string[];
}

/** `undefined` before the gate has let the request pass, when nobody asks the cache. */
export function readAsked(
  exchange: PolicyExchange,
  config: CacheConfig,
  told: readonly string[],
): Asked | undefined {
  const { asked, client, request } = exchange;
  if (asked === undefined || client === undefined) return undefined;
  const { method, authority, target } = asked;
  // A copy: over HTTP/2 Node lets nobody replace the list, and its members are changed in place.
  const fields = [...request.rawHeaders];
  return askedOf({ method, authority, target, client, fields }, config, told);
}

export function askedOf(request: CacheRequest, config: CacheConfig, told: readonly string[]): Asked {
  const { method, client } = request;
  const rawHeaders = reachingTarget(request.fields);
  const names = namesOf(rawHeaders);
  const hasAuthorization = names.has('authorization') || told.includes('authorization');
  return {
    key: primaryKey(request, client),
    rawHeaders,
    names,
    hasAuthorization,
    // Of a target that is told who asks, a page that says nothing of caches may be that client's own.
    isKnown: hasAuthorization || told.length > 0 || (config.cookies === 'bypass' && names.has('cookie')),
    isHead: method === 'HEAD',
    isPartial: names.has('range'),
    isConditional: names.has('if-none-match') || names.has('if-modified-since'),
    wishes: config.clientDirectives === 'obey' ? wishesOf(rawHeaders) : NO_WISHES,
    waitsUntilMs: performance.now() + config.waitMs,
  };
}

/** What Connection names away the target never sees: no answer is one to it, whatever the answer says of Vary. */
function reachingTarget(fields: readonly string[]): readonly string[] {
  const named = namedInConnection(fields);
  return named === undefined ? fields : withoutFields(fields, (name) => named.has(name));
}
