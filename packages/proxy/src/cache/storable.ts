// What may be kept, and by whom it may be used (RFC 9111 section 3), for a cache that many clients share.
import type { Accepted } from '@tollgate/core';
import { varyNames } from '../coding/vary.ts';
import type { Directives } from './directives.ts';
import { linesOf, valueOf } from './fieldLines.ts';

/** Statuses whose rules for caches are kept here: what `must-understand` asks about (RFC 9111 5.2.2.3). */
const UNDERSTOOD: ReadonlySet<number> = new Set([
  200, 203, 204, 300, 301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 410, 414, 500, 501, 502, 503, 504,
]);

/**
 * Fields that ask for something else than the address does, or that only the target can answer. Frameworks take the
 * method from some of them: a cached answer to a disguised DELETE would be served to everybody.
 */
const UNSHARED = [
  'if-match',
  'if-unmodified-since',
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
];

/** Whether the cache has a part in this request at all: GET and HEAD without a body or a special wish. `names`: of its fields. */
export function isShareable(
  head: Pick<Accepted, 'method' | 'upgrade'>,
  names: ReadonlySet<string>,
  hasBody: boolean,
): boolean {
  if (head.method !== 'GET' && head.method !== 'HEAD') return false;
  // A body is no part of the key: an answer that depends on it would poison the key for all (fat GET).
  if (hasBody || head.upgrade !== undefined) return false;
  return !UNSHARED.some((name) => names.has(name));
}

/** Whether the answer may be kept; how long it may be used is another question. */
export function isStorable(
  status: number,
  fields: readonly string[],
  directives: Directives,
  hasAuthorization: boolean,
): boolean {
  if (status < 200 || status === 206 || status === 304 || directives.has('private')) return false;
  if (directives.has('must-understand')) {
    // It stands in for no-store where the status is understood.
    if (!UNDERSTOOD.has(status)) return false;
  } else if (directives.has('no-store')) return false;
  if (hasAuthorization && !allowsAuthorized(directives)) return false;
  // RFC 9111 7.3 leaves it to the server to forbid this; a session of somebody else is too high a price for a slip.
  if (linesOf(fields, 'set-cookie').length > 0) return false;
  return varyNames(valueOf(fields, 'vary')) !== '*';
}

/** RFC 9111 3.5. */
function allowsAuthorized(directives: Directives): boolean {
  return directives.has('public') || directives.has('s-maxage') || directives.has('must-revalidate');
}
