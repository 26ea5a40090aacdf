// Canonical host: one spelling per name, or undefined. Lower case, no trailing dot, ASCII only, port split off.
import { isIPv4, isIPv6 } from 'node:net';
import { HOST, hasOnly } from './characters.ts';

export interface Authority {
  /** Lower-case name, dotted quad, or bracketed IPv6 in the spelling of RFC 5952. */
  readonly host: string;
  /** As given, also when it is the scheme's default; `undefined` when absent or empty. */
  readonly port: number | undefined;
}

/** Longest name in the DNS, without the trailing dot (RFC 1035 2.3.4). */
const MAX_NAME = 253;
const MAX_LABEL = 63;

/** Splits and canonicalises `host[:port]`; user information, lists, escapes and zones make it `undefined`. */
export function canonicalAuthority(text: string): Authority | undefined {
  const colon = portColon(text);
  const name = colon < 0 ? text : text.slice(0, colon);
  const host = canonicalHost(name);
  if (host === undefined) return undefined;
  if (colon < 0 || colon === text.length - 1) return { host, port: undefined };
  const port = portNumber(text, colon + 1);
  return port === undefined ? undefined : { host, port };
}

/** A host without port: a name, an IPv4 or a bracketed IPv6 address; `undefined` when it is none of them. */
export function canonicalHost(text: string): string | undefined {
  if (text.charCodeAt(0) === 0x5b) return canonicalIpv6(text);
  // Checked before the case is lowered: the Kelvin sign U+212A would become an ASCII k.
  if (text.length === 0 || text.length > MAX_NAME + 1 || !hasOnly(HOST, text)) return undefined;
  const name = (text.endsWith('.') ? text.slice(0, -1) : text).toLowerCase();
  if (name.length > MAX_NAME || !labelsFit(name)) return undefined;
  // WHATWG URL "ends in a number": 127.1, 0x7f.1 and 2130706433 are addresses to some readers and names to others.
  if (endsInNumber(name) && !isIPv4(name)) return undefined;
  return name;
}

function portColon(text: string): number {
  const colon = text.lastIndexOf(':');
  return colon > text.lastIndexOf(']') ? colon : -1;
}

function portNumber(text: string, start: number): number | undefined {
  if (text.length - start > 5) return undefined;
  let port = 0;
  for (let at = start; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    port = port * 10 + digit;
  }
  return port > 0 && port < 65_536 ? port : undefined;
}

function labelsFit(name: string): boolean {
  let start = 0;
  for (let at = 0; at <= name.length; at++) {
    if (at < name.length && name.charCodeAt(at) !== 0x2e) continue;
    if (at === start || at - start > MAX_LABEL) return false;
    start = at + 1;
  }
  return true;
}

function endsInNumber(name: string): boolean {
  const first = name.charCodeAt(name.lastIndexOf('.') + 1);
  return first >= 0x30 && first <= 0x39 && /(?:^|\.)(?:\d+|0x[\da-f]*)$/.test(name);
}

function canonicalIpv6(text: string): string | undefined {
  // A zone (%eth0) means nothing outside the client's own machine (RFC 6874), and isIPv6 would let it pass.
  if (!text.endsWith(']') || text.includes('%') || !isIPv6(text.slice(1, -1))) return undefined;
  return new URL(`http://${text}`).hostname;
}
