// The PROXY protocol (haproxy/doc/proxy-protocol.txt), as sent: who the client is, in the first bytes of a connection.
import { isIPv4, isIPv6 } from 'node:net';

interface End {
  /** An IP address; empty for a unix socket. */
  readonly address: string;
  /** 0: not known. */
  readonly port: number;
}

/** The client's connection, which the upstream's stands for. */
export interface ProxyEnds {
  readonly source: End;
  readonly destination: End;
}

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
const VERSION_LOCAL = 0x20;
const VERSION_PROXY = 0x21;
const TCP_OVER_IPV4 = 0x11;
const TCP_OVER_IPV6 = 0x21;

/** `ends` undefined: the connection is the front's own, as for a health check. */
export function proxyHeader(version: 'v1' | 'v2', ends: ProxyEnds | undefined): Buffer {
  const known = ends === undefined ? undefined : alike(ends);
  if (version === 'v1')
    return Buffer.from(known === undefined ? 'PROXY UNKNOWN\r\n' : lineOf(known), 'latin1');
  if (known === undefined) return Buffer.concat([SIGNATURE, Buffer.from([VERSION_LOCAL, 0, 0, 0])]);
  const body = Buffer.concat([
    bytesOf(known.source.address),
    bytesOf(known.destination.address),
    portBytes(known.source),
    portBytes(known.destination),
  ]);
  const family = isIPv4(known.source.address) ? TCP_OVER_IPV4 : TCP_OVER_IPV6;
  return Buffer.concat([SIGNATURE, Buffer.from([VERSION_PROXY, family, 0, body.length]), body]);
}

/** Both of one family, as the header wants it; `undefined` when one has no address. */
function alike({ source, destination }: ProxyEnds): ProxyEnds | undefined {
  const addresses = [source.address, destination.address];
  if (addresses.every((address) => isIPv4(address))) return { source, destination };
  if (!addresses.every((address) => isIPv4(address) || isIPv6(address))) return undefined;
  return { source: mapped(source), destination: mapped(destination) };
}

const mapped = ({ address, port }: End): End => ({
  address: isIPv4(address) ? `::ffff:${address}` : address,
  port,
});

function lineOf({ source, destination }: ProxyEnds): string {
  const family = isIPv4(source.address) ? 'TCP4' : 'TCP6';
  return `PROXY ${family} ${source.address} ${destination.address} ${source.port} ${destination.port}\r\n`;
}

const portBytes = ({ port }: End): Buffer => Buffer.from([port >> 8, port & 0xff]);

function bytesOf(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  // RFC 4291 2.2: `::` stands for the zeros that are missing, and the last 32 bits may be written as IPv4.
  const [before = [], after = []] = address.split('::').map((part) => wordsOf(part));
  const words = [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
  return Buffer.from(words.flatMap((word) => [word >> 8, word & 0xff]));
}

function wordsOf(part: string): number[] {
  if (part === '') return [];
  return part.split(':').flatMap((word) => {
    if (!isIPv4(word)) return [Number.parseInt(word, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = word.split('.').map(Number);
    return [(a << 8) | b, (c << 8) | d];
  });
}
