// Sockets: the cheap totals of sockstat, the listeners with their accept queues, and the full count by state.
import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { netPath } from './namespace.ts';
import { type HostRoot, missing, type Reading, readWith, valueOf } from './reading.ts';

export interface SocketTotals {
  /** TCP over IPv4 in any state but TIME_WAIT. IPv6 is counted apart: `inUse6`. */
  readonly inUse: number;
  readonly inUse6: number;
  /** TIME_WAIT of both families. */
  readonly timeWait: number;
  readonly orphans: number;
  readonly allocated: number;
}

/** Costs some 30 us whatever the number of sockets; fit for a sampler. */
export function readSocketTotals(root: HostRoot, netOf?: number): Reading<SocketTotals> {
  const four = readWith(root, netPath('sockstat', netOf), (text) => parseSockstat(text, 'TCP'));
  if (!four.ok) return four;
  const six = readWith(root, netPath('sockstat6', netOf), (text) => parseSockstat(text, 'TCP6'));
  const count = (name: string): number => four.value.get(name) ?? 0;
  return valueOf({
    inUse: count('inuse'),
    inUse6: six.ok ? (six.value.get('inuse') ?? 0) : 0,
    timeWait: count('tw'),
    orphans: count('orphan'),
    allocated: count('alloc'),
  });
}

/** `TCP: inuse 1 orphan 0 tw 26 …`: names and numbers in turn. */
function parseSockstat(text: string, group: string): ReadonlyMap<string, number> | undefined {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${group}:`));
  if (line === undefined) return undefined;
  const words = line.split(' ').slice(1);
  return new Map(words.flatMap((word, at) => (at % 2 === 0 ? [[word, Number(words[at + 1])] as const] : [])));
}

/** include/net/tcp_states.h, in its order from 1. */
export const TCP_STATES = [
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT1',
  'FIN_WAIT2',
  'TIME_WAIT',
  'CLOSE',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'CLOSING',
] as const;
export type TcpState = (typeof TCP_STATES)[number];

export interface Listening {
  readonly family: 4 | 6;
  /** As in /proc/net/tcp: hexadecimal, host byte order. */
  readonly addressHex: string;
  readonly port: number;
  /** Finished handshakes waiting for accept(). */
  readonly acceptQueue: number;
  readonly inode: number;
}

/** Listeners stand first in the table, so only its beginning is read (tcp_seq_next in net/ipv4/tcp_ipv4.c). */
export function readListening(root: HostRoot, netOf?: number): Reading<readonly Listening[]> {
  const four = readStart(root, netPath('tcp', netOf));
  if (!four.ok) return four;
  const six = readStart(root, netPath('tcp6', netOf));
  return valueOf([...parseListening(four.value, 4), ...(six.ok ? parseListening(six.value, 6) : [])]);
}

/** Lines are 150 bytes; over 400 listeners nobody needs all of them. */
const START_BYTES = 64 * 1024;

/** A kernel sequence file hands out at most a page at a time, so this asks until a line is no listener's or 64 KiB are read. */
function readStart(root: HostRoot, path: string): Reading<string> {
  try {
    const fd = openSync(join(root.path, path), 'r');
    try {
      return valueOf(readListenLines(fd));
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    return missing(path, error);
  }
}

function readListenLines(fd: number): string {
  const buffer = Buffer.allocUnsafe(START_BYTES);
  let length = 0;
  while (length < START_BYTES) {
    const got = readSync(fd, buffer, length, START_BYTES - length, null);
    if (got === 0) break;
    length += got;
    const lines = buffer.toString('latin1', 0, length).split('\n').slice(1, -1);
    if (lines.some((line) => entryOf(line)?.state !== 'LISTEN')) break;
  }
  return buffer.toString('latin1', 0, length);
}

const parseListening = (text: string, family: 4 | 6): readonly Listening[] =>
  text
    .split('\n')
    .map(entryOf)
    .filter((entry) => entry?.state === 'LISTEN')
    .flatMap((entry) => (entry === undefined ? [] : [{ family, ...entry.listening }]));

interface Entry {
  readonly state: TcpState;
  readonly listening: Omit<Listening, 'family'>;
}

/** `sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode …`: fixed by proc_net_tcp.rst. */
function entryOf(line: string): Entry | undefined {
  const cells = line.trim().split(/\s+/);
  const [address = '', port] = cells[1]?.split(':') ?? [];
  const state = TCP_STATES[Number.parseInt(cells[3] ?? '', 16) - 1];
  if (state === undefined || port === undefined) return undefined;
  const acceptQueue = Number.parseInt(cells[4]?.split(':')[1] ?? '0', 16);
  const inode = Number(cells[9]);
  return { state, listening: { addressHex: address, port: Number.parseInt(port, 16), acceptQueue, inode } };
}

/** Every socket by state. Costs milliseconds per ten thousand sockets: once a second at most. */
export function readSocketStates(
  root: HostRoot,
  netOf?: number,
): Reading<Readonly<Record<TcpState, number>>> {
  const four = readWith(root, netPath('tcp', netOf), countStates);
  if (!four.ok) return four;
  const six = readWith(root, netPath('tcp6', netOf), countStates);
  const of = (state: TcpState): number =>
    (four.value.get(state) ?? 0) + (six.ok ? (six.value.get(state) ?? 0) : 0);
  return valueOf({
    ESTABLISHED: of('ESTABLISHED'),
    SYN_SENT: of('SYN_SENT'),
    SYN_RECV: of('SYN_RECV'),
    FIN_WAIT1: of('FIN_WAIT1'),
    FIN_WAIT2: of('FIN_WAIT2'),
    TIME_WAIT: of('TIME_WAIT'),
    CLOSE: of('CLOSE'),
    CLOSE_WAIT: of('CLOSE_WAIT'),
    LAST_ACK: of('LAST_ACK'),
    LISTEN: of('LISTEN'),
    CLOSING: of('CLOSING'),
  });
}

/** Only the state's two digits of each line are looked at, at the column where the header puts `st`. */
function countStates(text: string): ReadonlyMap<TcpState, number> | undefined {
  const headerEnd = text.indexOf('\n');
  if (!/\bst\b/.test(text.slice(0, headerEnd))) return undefined;
  const counts = new Map<TcpState, number>();
  for (let at = headerEnd + 1; at < text.length;) {
    const end = text.indexOf('\n', at);
    const stop = end === -1 ? text.length : end;
    const state = stateIn(text, at);
    if (state !== undefined) counts.set(state, (counts.get(state) ?? 0) + 1);
    at = stop + 1;
  }
  return counts;
}

/** The state follows the second `ADDRESS:PORT`: two colons further the port's four digits, a space, two digits. */
function stateIn(line: string, from: number): TcpState | undefined {
  const afterNumber = line.indexOf(':', from) + 1;
  const local = line.indexOf(':', afterNumber) + 1;
  const remote = line.indexOf(':', local) + 1;
  if (afterNumber === 0 || local === 0 || remote === 0) return undefined;
  return TCP_STATES[Number.parseInt(line.slice(remote + 5, remote + 7), 16) - 1];
}
