// Whom to believe: addresses in one spelling, trusted peers, and the client found by walking the chain from its end.
import { BlockList, isIPv4, isIPv6, SocketAddress } from 'node:net';

/** Whether the address (as `plainAddress` spells it) belongs to a proxy of ours. */
export type Trust = (address: string) => boolean;

/** The peer of a unix socket; also an entry of `trustedProxies`. */
export const UNIX_PEER = 'unix';

/**
 * `entries`: IP addresses, CIDRs, or `unix`. Nothing is trusted that is not listed.
 * Throws a TypeError for any other entry; the configuration loader asks `isTrustEntry` first.
 */
export function compileTrust(entries: readonly string[]): Trust {
  if (entries.length === 0) return () => false;
  const list = new BlockList();
  for (const entry of entries) if (entry !== UNIX_PEER) addRange(list, entry);
  const trustsUnix = entries.includes(UNIX_PEER);
  return (address) => {
    if (isIPv4(address)) return list.check(address, 'ipv4');
    if (isIPv6(address)) return list.check(address, 'ipv6');
    return trustsUnix && address === UNIX_PEER;
  };
}

export function isTrustEntry(entry: string): boolean {
  return entry === UNIX_PEER || parseRange(entry) !== undefined;
}

/** As the kernel writes an IPv4 peer of a dual-stack listener. */
const MAPPED = '::ffff:';

/**
 * One spelling per address: no port, brackets or zone, IPv4 also when it came mapped into IPv6 (a dual-stack listener
 * shows every IPv4 peer so), IPv6 as RFC 5952. `undefined` when it is no address.
 */
export function plainAddress(text: string): string | undefined {
  if (isIPv4(text)) return text;
  if (text.startsWith(MAPPED) && isIPv4(text.slice(MAPPED.length))) return text.slice(MAPPED.length);
  const bare = withoutPort(text);
  if (isIPv4(bare)) return bare;
  if (!isIPv6(bare)) return undefined;
  const canonical = new SocketAddress({ address: withoutZone(bare), family: 'ipv6' }).address;
  const mapped = canonical.startsWith(MAPPED) ? canonical.slice(MAPPED.length) : '';
  return isIPv4(mapped) ? mapped : canonical;
}

/**
 * The believed part of the chain, client first: the peer, and before it each address of X-Forwarded-For as long as the
 * one after it is trusted. What an untrusted sender claims is not in it, so neither can it be passed on.
 */
export function believedChain(peer: string, forwardedFor: string, trust: Trust): readonly string[] {
  const chain = [peer];
  let end = forwardedFor.length;
  let nearest = peer;
  while (end > 0 && trust(nearest)) {
    const comma = forwardedFor.lastIndexOf(',', end - 1);
    const address = plainAddress(forwardedFor.slice(comma + 1, end).trim());
    if (address === undefined) break; // "unknown", obfuscated or garbage: nothing before it can be checked
    chain.unshift(address);
    nearest = address;
    end = comma;
  }
  return chain;
}

/** The address that made the request, as far as trusted proxies vouch for it. `peer` as `plainAddress` spells it. */
export function clientAddress(peer: string, forwardedFor: string, trust: Trust): string {
  return believedChain(peer, forwardedFor, trust)[0] ?? peer;
}

function addRange(list: BlockList, entry: string): void {
  const range = parseRange(entry);
  if (range === undefined) throw new TypeError(`expected an IP address, a CIDR or "unix", got "${entry}"`);
  list.addSubnet(range.address, range.bits, range.family);
}

interface Range {
  readonly address: string;
  readonly bits: number;
  readonly family: 'ipv4' | 'ipv6';
}

function parseRange(entry: string): Range | undefined {
  const slash = entry.indexOf('/');
  const address = slash < 0 ? entry : entry.slice(0, slash);
  if (!isIPv4(address) && (!isIPv6(address) || address.includes('%'))) return undefined;
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  const most = family === 'ipv4' ? 32 : 128;
  if (slash < 0) return { address, bits: most, family };
  const text = entry.slice(slash + 1);
  const bits = /^\d{1,3}$/.test(text) ? Number(text) : most + 1;
  return bits > most ? undefined : { address, bits, family };
}

/** `192.0.2.1:4711` and `[2001:db8::1]:4711`, as some balancers write them. */
function withoutPort(text: string): string {
  if (text.startsWith('[')) return /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text)?.[1] ?? '';
  const colon = text.indexOf(':');
  return colon > 0 && colon === text.lastIndexOf(':') && /^\d{1,5}$/.test(text.slice(colon + 1))
    ? text.slice(0, colon)
    : text;
}

function withoutZone(address: string): string {
  const percent = address.indexOf('%');
  return percent < 0 ? address : address.slice(0, percent);
}
