// The PROXY protocol as received (haproxy/doc/proxy-protocol.txt, versions 1 and 2): whose connection this stands for.
import { isIPv4, isIPv6 } from 'node:net';
import { plainAddress } from '@tollgate/core';
import type { ProxyEnds } from '../../upstream/proxyHeader.ts';

export interface ReceivedHeader {
  /** Bytes of the header; what follows is the client's. */
  readonly byteLength: number;
  /** `undefined`: the proxy's own connection (LOCAL, UNKNOWN), such as a check of health. */
  readonly ends: ProxyEnds | undefined;
}

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
const PREFIX = Buffer.from('PROXY ');
/** Section 2.1: the longest line there is, its CRLF included. */
const MAX_LINE_BYTES = 107;
const FIXED_BYTES = 16;
/** Addresses and what a proxy may add (TLV); those in use are a few hundred bytes. */
const MAX_VARIABLE_BYTES = 2048;

/** `malformed`: this is no header, or none that can be understood. Strict: who speaks it is one of our own proxies. */
export function readProxyHeader(bytes: Buffer): ReceivedHeader | 'incomplete' | 'malformed' {
  if (begins(bytes, SIGNATURE)) return bytes.length < FIXED_BYTES ? 'incomplete' : readBinary(bytes);
  if (begins(bytes, PREFIX)) return readLine(bytes);
  return 'malformed';
}

/** As far as either goes. */
function begins(bytes: Buffer, expected: Buffer): boolean {
  const length = Math.min(bytes.length, expected.length);
  return bytes.compare(expected, 0, length, 0, length) === 0;
}

function readLine(bytes: Buffer): ReceivedHeader | 'incomplete' | 'malformed' {
  const end = bytes.subarray(0, MAX_LINE_BYTES).indexOf('\r\n');
  if (end < 0) return bytes.length >= MAX_LINE_BYTES ? 'malformed' : 'incomplete';
  const byteLength = end + 2;
  const line = bytes.latin1Slice(0, end);
  if (/^PROXY UNKNOWN(?: |$)/.test(line)) return { byteLength, ends: undefined };
  const [, family, from = '', to = '', fromPort, toPort] =
    /^PROXY TCP([46]) ([\d.a-fA-F:]+) ([\d.a-fA-F:]+) (\d{1,5}) (\d{1,5})$/.exec(line) ?? [];
  const isAddress = family === '4' ? isIPv4 : isIPv6;
  const ports = [Number(fromPort), Number(toPort)];
  if (!isAddress(from) || !isAddress(to) || ports.some((port) => !(port <= 65_535))) return 'malformed';
  return { byteLength, ends: endsOf(from, ports[0] ?? 0, to, ports[1] ?? 0) };
}

function readBinary(bytes: Buffer): ReceivedHeader | 'incomplete' | 'malformed' {
  const [command = 0, family = 0] = bytes.subarray(12, 14);
  const length = bytes.readUInt16BE(14);
  if (length > MAX_VARIABLE_BYTES || (command !== 0x20 && command !== 0x21)) return 'malformed';
  const byteLength = FIXED_BYTES + length;
  if (bytes.length < byteLength) return 'incomplete';
  const addresses = bytes.subarray(FIXED_BYTES, byteLength);
  if (command === 0x20) return { byteLength, ends: undefined };
  if (family === 0x11) return length < 12 ? 'malformed' : { byteLength, ends: binaryEnds(addresses, 4) };
  if (family === 0x21) return length < 36 ? 'malformed' : { byteLength, ends: binaryEnds(addresses, 16) };
  // Section 2.2: of another family (unix, unspecified) the receiver takes the connection's own.
  return { byteLength, ends: undefined };
}

function binaryEnds(bytes: Buffer, size: 4 | 16): ProxyEnds {
  const text = size === 4 ? ipv4Text : ipv6Text;
  const [from, to] = [text(bytes.subarray(0, size)), text(bytes.subarray(size, 2 * size))];
  return endsOf(from, bytes.readUInt16BE(2 * size), to, bytes.readUInt16BE(2 * size + 2));
}

const ipv4Text = (bytes: Buffer): string => bytes.join('.');

const ipv6Text = (bytes: Buffer): string => bytes.toString('hex').replaceAll(/(.{4})(?=.)/g, '$1:');

/** In the one spelling that everything else compares. */
function endsOf(from: string, fromPort: number, to: string, toPort: number): ProxyEnds {
  return {
    source: { address: plainAddress(from) ?? from, port: fromPort },
    destination: { address: plainAddress(to) ?? to, port: toPort },
  };
}
