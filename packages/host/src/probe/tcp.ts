// TCP's own counters, cumulative since the namespace began: overflowing accept queues, lost SYNs, retransmissions.
import { pairedRow, type Row } from './columns.ts';
import { netPath } from './namespace.ts';
import { type HostRoot, type Reading, readWith } from './reading.ts';

export interface TcpCounters {
  /** A finished handshake met a full accept queue. */
  readonly listenOverflows: number;
  /** Every SYN or handshake a listener dropped, overflows included. */
  readonly listenDrops: number;
  readonly synRetransmits: number;
  /** The SYN queue was full: dropped, or answered with a cookie. */
  readonly requestQueueFullDrops: number;
  readonly requestQueueFullCookies: number;
  readonly timeWaitOverflows: number;
}

export interface TcpSegments {
  readonly outSegments: number;
  readonly retransmittedSegments: number;
  readonly attemptFails: number;
  /** Connections accepted, and connections made, since the namespace began. */
  readonly passiveOpens: number;
  readonly activeOpens: number;
  /** Now, and no counter: in ESTABLISHED or CLOSE_WAIT. */
  readonly established: number;
}

export const readTcpCounters = (root: HostRoot, netOf?: number): Reading<TcpCounters> =>
  readWith(root, netPath('netstat', netOf), parseTcpCounters);

function parseTcpCounters(text: string): TcpCounters | undefined {
  const row = pairedRow(text, 'TcpExt');
  if (row === undefined) return undefined;
  const count = counter(row);
  return {
    listenOverflows: count('ListenOverflows'),
    listenDrops: count('ListenDrops'),
    synRetransmits: count('TCPSynRetrans'),
    requestQueueFullDrops: count('TCPReqQFullDrop'),
    requestQueueFullCookies: count('TCPReqQFullDoCookies'),
    timeWaitOverflows: count('TCPTimeWaitOverflow'),
  };
}

export const readTcpSegments = (root: HostRoot, netOf?: number): Reading<TcpSegments> =>
  readWith(root, netPath('snmp', netOf), parseTcpSegments);

function parseTcpSegments(text: string): TcpSegments | undefined {
  const row = pairedRow(text, 'Tcp');
  if (row === undefined) return undefined;
  const count = counter(row);
  return {
    outSegments: count('OutSegs'),
    retransmittedSegments: count('RetransSegs'),
    attemptFails: count('AttemptFails'),
    passiveOpens: count('PassiveOpens'),
    activeOpens: count('ActiveOpens'),
    established: count('CurrEstab'),
  };
}

/** A counter that an older kernel does not have has counted nothing. */
const counter =
  (row: Row) =>
  (name: string): number =>
    row(name) ?? 0;
