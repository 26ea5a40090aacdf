// Under what name a client is counted: one subscriber has one IPv4 address, but a whole /64 of IPv6 and more.

const GROUPS = 8;
const NETWORK_GROUPS = 4;

/** `address` as `plainAddress` spells it, or `unix`. IPv6 gives its first 64 bits. */
export function addressKey(address: string): string {
  return address.includes(':') ? network(address) : address;
}

/** RFC 5952: at most one `::`, which stands for the groups of zero that are missing. */
function network(address: string): string {
  const gap = address.indexOf('::');
  const head = (gap < 0 ? address : address.slice(0, gap)).split(':').filter((group) => group !== '');
  const tail = gap < 0 ? [] : address.slice(gap + 2).split(':');
  // An IPv4 address at the end stands for two groups; an empty end for none.
  const tailGroups = tail.reduce((sum, group) => sum + (group === '' ? 0 : group.includes('.') ? 2 : 1), 0);
  const zeros = Array.from({ length: Math.max(0, GROUPS - head.length - tailGroups) }, () => '0');
  return `${[...head, ...zeros, ...tail].slice(0, NETWORK_GROUPS).join(':')}::/64`;
}
