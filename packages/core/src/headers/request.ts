// The fields that go to a target: what the client sent less what it may not say, then what the front says.
import type { Accepted } from '../gate/head.ts';
import type { Client } from './client.ts';
import { forwardedFields } from './forwarded.ts';
import { HOP_BY_HOP, namedInConnection } from './hop-by-hop.ts';
import { compileNames } from './names.ts';
import { TIER_FIELDS } from './tiers.ts';
import { viaField } from './via.ts';

/** Never passed on, whoever sends it. */
const DROPPED: readonly string[] = [
  ...HOP_BY_HOP,
  'host', // made from the gate's canonical authority
  'expect', // 100-continue is between the client and the front
  'proxy', // becomes HTTP_PROXY in CGI programs (CVE-2016-5385, httpoxy)
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-request-id',
  ...TIER_FIELDS,
];

/** Believed by applications in place of what they are told in X-Forwarded-*, or in place of the request target. */
const SPOOFS: readonly string[] = [
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'true-client-ip',
  'cf-connecting-ip',
  'x-original-url', // CVE-2018-14773
  'x-rewrite-url',
  'x-original-host',
];

/** In lower case: what a client may not say of itself. Who may in its head (a trusted proxy) may nowhere else. */
export const WITHHELD_FIELDS: readonly string[] = [...DROPPED, ...SPOOFS];

const isDropped = compileNames(DROPPED);
const isSpoof = compileNames(SPOOFS);
const isCookie = compileNames(['cookie']);

/**
 * Host first, end-to-end fields in their order and casing, the front's own last. The engine adds what belongs to its
 * connection: Connection, Transfer-Encoding when `accepted.body` is `chunked`, Upgrade when there is one.
 * `httpVersion` is the client's, for Via.
 */
export function requestFields(
  accepted: Accepted,
  rawHeaders: readonly string[],
  client: Client,
  httpVersion: string,
): string[] {
  const out = ['Host', accepted.authority, ...endToEndFields(rawHeaders, client.peerTrusted)];
  // Strip first, add after: nothing that the client names in Connection can remove these.
  out.push(...forwardedFields(client), ...viaField(httpVersion));
  return out;
}

/** What the client may say, in its order and casing; `peerTrusted` as of the client. */
export function endToEndFields(rawHeaders: readonly string[], peerTrusted: boolean): string[] {
  const out: string[] = [];
  const named = namedInConnection(rawHeaders);
  let cookieAt = -1;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    const value = rawHeaders[at + 1] ?? '';
    if (!passes(name, named, peerTrusted)) continue;
    if (isCookie(name) === undefined) out.push(name, value);
    else if (cookieAt < 0) cookieAt = out.push(name, value) - 1;
    // RFC 9113 8.2.3: HTTP/2 clients split Cookie; HTTP/1 targets want one.
    else out[cookieAt] = `${out[cookieAt]}; ${value}`;
  }
  return out;
}

function passes(name: string, named: ReadonlySet<string> | undefined, peerTrusted: boolean): boolean {
  if (name.charCodeAt(0) === 0x3a) return false; // a pseudo-header of HTTP/2
  // CGI makes X_Forwarded_For and X-Forwarded-For the same variable, so that one could stand in for the other.
  if (name.includes('_')) return false;
  if (isDropped(name) !== undefined) return false;
  if (!peerTrusted && (isSpoof(name) !== undefined || isForwardedKind(name))) return false;
  return named === undefined || !named.has(name.toLowerCase());
}

/** X-Forwarded-Port, -Prefix, -Ssl and whatever else somebody believes. */
function isForwardedKind(name: string): boolean {
  return (
    name.length > 12 && name.charCodeAt(11) === 0x2d && name.slice(0, 12).toLowerCase() === 'x-forwarded-'
  );
}
