// Whether one match of a rule holds for a packet. What a stranger cannot be (listed, marked, bound) does not hold.
import { array, type Json, type JsonObject, object } from './loaded.ts';
import type { Packet } from './packet.ts';

/** Elements of a named set, written `@NAME`. */
export type Sets = (name: string) => readonly Json[];

export function matches(match: JsonObject, packet: Packet, sets: Sets): boolean {
  const left = object(match['left']);
  const right = match['right'];
  if (left === undefined || right === undefined) return false;
  const mask = array(left['&']);
  if (mask !== undefined) return matchesFlags(mask, match, packet);
  const value = valueOf(left, packet);
  if (value === undefined) return packet.listed !== (match['op'] === '!=');
  if (value === 'never') return false;
  if (typeof value === 'object') return matchesFlagList(value, right, match['op']);
  const found = contains(right, value, sets);
  return match['op'] === '!=' ? !found : found;
}

/** `never`, as a string: the packet has no such header, and so no rule about it holds, whatever its operator. */
type Value = string | number | readonly string[] | undefined;

/** What a verdict map or a match looks at. */
export function valueOf(expression: JsonObject, packet: Packet): Value {
  const payload = object(expression['payload']);
  if (payload !== undefined) return payloadValue(payload, packet);
  const meta = object(expression['meta']);
  if (meta !== undefined) return metaValue(meta['key'], packet);
  if (object(expression['ct'])?.['key'] === 'state') return packet.state;
  if (object(expression['fib'])?.['result'] === 'type') return packet.local ? 'local' : 'unicast';
  return undefined;
}

function payloadValue(payload: JsonObject, packet: Packet): Value {
  const { protocol, field } = payload;
  const ports = protocol === 'th' ? ['tcp', 'udp'].includes(packet.protocol) : protocol === packet.protocol;
  if (field === 'sport') return ports ? packet.sourcePort : 'never';
  if (field === 'dport') return ports ? packet.destinationPort : 'never';
  if (protocol === 'tcp' && field === 'flags') return packet.protocol === 'tcp' ? packet.flags : 'never';
  if (field === 'type') return icmpValue(protocol, packet);
  if (protocol === 'ip') return packet.family === 4 ? ipValue(field, packet) : 'never';
  if (protocol === 'ip6') return packet.family === 6 ? ipValue(field, packet) : 'never';
  return undefined;
}

function icmpValue(protocol: Json | undefined, packet: Packet): Value {
  const own = protocol === 'icmp' ? 'icmp' : 'ipv6-icmp';
  return packet.protocol === own ? packet.icmpType : 'never';
}

/** Addresses stay unknown: a stranger's is in no list. */
function ipValue(field: Json | undefined, packet: Packet): Value {
  if (field === 'protocol' || field === 'nexthdr') return packet.protocol;
  return field === 'hoplimit' || field === 'ttl' ? packet.hopLimit : undefined;
}

function metaValue(key: Json | undefined, packet: Packet): Value {
  if (key === 'l4proto') return packet.protocol;
  if (key === 'nfproto') return packet.family === 4 ? 'ipv4' : 'ipv6';
  const interfaces: readonly unknown[] = ['iif', 'oif', 'iifname', 'oifname'];
  return interfaces.includes(key) ? packet.interface : undefined;
}

/** `tcp flags & (syn | ack) == syn`, which JSON writes with a list of flags on the left. */
function matchesFlags(mask: readonly Json[], match: JsonObject, packet: Packet): boolean {
  const [field, looked] = mask;
  const flags = valueOf(object(field) ?? {}, packet);
  if (typeof flags !== 'object') return flags !== 'never' && match['op'] === '!=';
  const lookedAt = names(looked);
  const seen = flags.filter((flag) => lookedAt.includes(flag)).toSorted();
  const wanted = names(match['right']).toSorted();
  return (seen.join() === wanted.join()) === (match['op'] !== '!=');
}

/** Without a mask: any of the flags. */
function matchesFlagList(flags: readonly string[], right: Json, op: Json | undefined): boolean {
  const any = names(right).some((flag) => flags.includes(flag));
  return op === '!=' ? !any : any;
}

const names = (value: Json | undefined): string[] =>
  (value === undefined ? [] : (array(value) ?? [value])).map(String);

export function contains(right: Json, value: string | number, sets: Sets): boolean {
  if (typeof right === 'string' && right.startsWith('@')) {
    return sets(right.slice(1)).some((element) => contains(element, value, sets));
  }
  const list = array(right) ?? array(object(right)?.['set']);
  if (list !== undefined) return list.some((element) => contains(element, value, sets));
  const range = array(object(right)?.['range']);
  if (range !== undefined) return Number(range[0]) <= Number(value) && Number(value) <= Number(range[1]);
  return sameName(right, value);
}

/** nft prints known ports and protocols as it likes, and `eth*` for every name that begins so. */
function sameName(right: Json, value: string | number): boolean {
  if (right === value) return true;
  if (typeof right !== 'string' || typeof value !== 'string') return false;
  if (right.endsWith('*')) return value.startsWith(right.slice(0, -1));
  return right === 'icmpv6' && value === 'ipv6-icmp';
}
