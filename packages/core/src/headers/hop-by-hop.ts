// Hop-by-hop fields belong to one connection and are never passed on (RFC 9110 section 7.6.1), in either direction.
import { compileNames, type NameSet } from './names.ts';

/** Trailer is not among them since RFC 9110: trailers are passed on, so their announcement is too. */
export const HOP_BY_HOP: readonly string[] = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-authentication-info',
  'te',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
];

/** The name in lower case when it is one of them. */
export const isHopByHop: NameSet = compileNames(HOP_BY_HOP);

/**
 * Fields that Connection cannot name away. Without Content-Length a body would lose its end; the others say who may
 * see or keep the message, so that a sender that removes them would widen its own rights downstream.
 */
const KEPT_THOUGH_NAMED = compileNames([
  'host',
  'content-length',
  'content-type',
  'content-encoding',
  'cache-control',
  'vary',
  'set-cookie',
]);

const isConnection = compileNames(['connection']);

/** The names that Connection lists, in lower case, beyond its own options; `undefined` when it lists none. */
export function namedInConnection(rawHeaders: readonly string[]): ReadonlySet<string> | undefined {
  let named: Set<string> | undefined;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    if (isConnection(rawHeaders[at] ?? '') === undefined) continue;
    for (const item of (rawHeaders[at + 1] ?? '').split(',')) {
      const name = item.trim().toLowerCase();
      if (isOption(name) || KEPT_THOUGH_NAMED(name) !== undefined) continue;
      named ??= new Set();
      named.add(name);
    }
  }
  return named;
}

const OPTIONS: NameSet = compileNames(['close', 'keep-alive', 'upgrade']);

function isOption(name: string): boolean {
  return name === '' || OPTIONS(name) !== undefined;
}
