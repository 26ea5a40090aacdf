// The connection table: how full, how large, what it dropped, and how long an ended connection stays.
import { perCpuRows, type Row, sum } from './columns.ts';
import { netPath } from './namespace.ts';
import { type HostRoot, map, readInteger, type Reading, readWith } from './reading.ts';

export interface ConntrackStats {
  /** Entries in this network namespace. */
  readonly entries: number;
  /** Packets of new flows dropped because the table was full. */
  readonly drop: number;
  /** Old entries thrown out to make room. */
  readonly earlyDrop: number;
  readonly insertFailed: number;
  readonly invalid: number;
}

export interface ConntrackLimits {
  /** The table's size: one for the whole machine, whatever the namespace. */
  readonly max: number;
  readonly buckets: number | undefined;
  /** Seconds that a closed TCP connection stays; of the namespace of the reader. */
  readonly timeWaitSeconds: number | undefined;
}

/** Absent where nothing has loaded nf_conntrack: then nothing is tracked. `netOf`: a process whose namespace is read. */
export const readConntrackStats = (root: HostRoot, netOf?: number): Reading<ConntrackStats> =>
  readWith(root, netPath('stat/nf_conntrack', netOf), parseConntrackStats);

function parseConntrackStats(text: string): ConntrackStats | undefined {
  const rows = perCpuRows(text);
  // `entries` is the namespace's count, repeated in each CPU's row; the others are per CPU (nf_conntrack_standalone.c).
  const entries = rows?.[0]?.('entries');
  if (rows === undefined || entries === undefined) return undefined;
  return {
    entries,
    drop: total(rows, 'drop'),
    earlyDrop: total(rows, 'early_drop'),
    insertFailed: total(rows, 'insert_failed'),
    invalid: total(rows, 'invalid'),
  };
}

const total = (rows: readonly Row[], name: string): number => sum(rows, name) ?? 0;

export const readConntrackMax = (root: HostRoot): Reading<number> =>
  readInteger(root, 'proc/sys/net/netfilter/nf_conntrack_max');

export function readConntrackLimits(root: HostRoot): Reading<ConntrackLimits> {
  const optional = (name: string): number | undefined => {
    const reading = readInteger(root, `proc/sys/net/netfilter/${name}`);
    return reading.ok ? reading.value : undefined;
  };
  return map(readConntrackMax(root), (max) => ({
    max,
    buckets: optional('nf_conntrack_buckets'),
    timeWaitSeconds: optional('nf_conntrack_tcp_timeout_time_wait'),
  }));
}
