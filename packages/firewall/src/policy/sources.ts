// Who may reach a port: everyone, or lists of IPv4 and IPv6 ranges in canonical form.
import { BlockList, isIPv4, isIPv6 } from 'node:net';

export type SourceList =
  | { readonly kind: 'any' }
  | { readonly kind: 'ranges'; readonly ipv4: readonly string[]; readonly ipv6: readonly string[] };

/** An empty list is nobody. Throws a TypeError on what is neither `any`, an IP nor a CIDR. */
export function sourceList(from: readonly string[]): SourceList {
  if (from.includes('any')) return { kind: 'any' };
  const ranges = from.map(parseRange);
  const of = (family: 4 | 6): string[] => [
    ...new Set(ranges.filter((range) => range.family === family).map(({ text }) => text)),
  ];
  return { kind: 'ranges', ipv4: of(4), ipv6: of(6) };
}

/** Is this IP literal among them? */
export function includesAddress(from: SourceList, address: string): boolean {
  if (from.kind === 'any') return true;
  const list = new BlockList();
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  for (const range of from[family]) {
    const [network = '', length] = range.split('/');
    if (length === undefined) list.addAddress(network, family);
    else list.addSubnet(network, Number(length), family);
  }
  return list.check(address, family);
}

function parseRange(text: string): { readonly family: 4 | 6; readonly text: string } {
  const [address = '', length, ...rest] = text.split('/');
  const family = isIPv4(address) ? 4 : isIPv6(address) && !address.includes('%') ? 6 : undefined;
  const bits = family === 4 ? 32 : 128;
  const given = length === undefined ? bits : /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN;
  if (family === undefined || rest.length > 0 || !(given >= 0 && given <= bits)) {
    throw new TypeError(`expected any, an IP address or a CIDR range, got ${JSON.stringify(text)}`);
  }
  return { family, text: given === bits ? address : `${address}/${given}` };
}
