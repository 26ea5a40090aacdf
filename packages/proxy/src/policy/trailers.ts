// Trailer fields that may be passed on. What frames, routes or authenticates a message must be in its head (RFC 9110 6.5.1).
import { WITHHELD_FIELDS } from '@tollgate/core';

const FORBIDDEN: ReadonlySet<string> = new Set([
  ...WITHHELD_FIELDS,
  'authorization',
  'cache-control',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'cookie',
  'location',
  'max-forwards',
  'range',
  'set-cookie',
  'trailer',
  'vary',
  'via',
  'www-authenticate',
]);

const NONE: ReadonlySet<string> = new Set();

/** Pairs, in their order and casing. `withheld`: names, in lower case, that the front writes or takes off itself. */
export function trailerFields(
  rawTrailers: readonly string[],
  withheld = NONE,
): [name: string, value: string][] {
  const fields: [string, string][] = [];
  for (let at = 0; at + 1 < rawTrailers.length; at += 2) {
    const name = rawTrailers[at] ?? '';
    const lower = name.toLowerCase();
    const value = rawTrailers[at + 1] ?? '';
    if (FORBIDDEN.has(lower) || lower.startsWith('x-forwarded-') || lower.includes('_')) continue;
    if (withheld.has(lower)) continue;
    if (isSendable(value)) fields.push([name, value]);
  }
  return fields;
}

/** Node's parser lets more pass than Node will write (DEL): writing it would throw, in the middle of an answer. */
export function isSendable(value: string): boolean {
  return !UNSENDABLE.test(value);
}

const UNSENDABLE = /[^\t\u0020-\u007e\u0080-\u00ff]/;
