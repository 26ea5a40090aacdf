// When the table will be full, told from the first seconds: free entries over the rate at which they go.
import type { WatchRow } from '../lab/watch.ts';

/** Seconds of a run from which its end is told; connections are being opened in the first half of the first. */
const FROM_MS = 500;
const TO_MS = 2000;
/** Of the room at the start: the kernel's count moves by a few entries at the limit. */
const FULL = 0.01;

interface Reading {
  /** From the start of measuring. */
  readonly atMs: number;
  readonly count: number;
  readonly free: number;
}

/**
 * Seconds from the start of measuring to a full table, or `null` when the table does not grow. Entries of closed
 * connections stay for 120 s (nf_conntrack_tcp_timeout_time_wait), so over a short run none of them is given back.
 */
export function predictCliff(rows: readonly WatchRow[], startedAtMs: number): number | null {
  const readings = readingsOf(rows, startedAtMs);
  const start = readings.findLast(({ atMs }) => atMs <= 0) ?? readings[0];
  const to = start === undefined ? undefined : readings.find((reading) => tellsTheEnd(start, reading));
  if (start === undefined || to === undefined) return null;
  const from = readings.findLast(({ atMs, count }) => atMs <= FROM_MS && atMs < to.atMs && count < to.count);
  const { atMs, count } = from ?? start;
  const perMs = (to.count - count) / (to.atMs - atMs);
  return (to.atMs + to.free / perMs) / 1000;
}

const readingsOf = (rows: readonly WatchRow[], startedAtMs: number): readonly Reading[] =>
  rows.flatMap(({ atMs, sample: { conntrack } }) =>
    conntrack === null
      ? []
      : [{ atMs: atMs - startedAtMs, count: conntrack.count, free: conntrack.max - conntrack.count }],
  );

/**
 * The first that is late enough, however long a busy machine took to read it or to open a connection; or the one that
 * finds the table full already: then the rate is that of the time until it.
 */
const tellsTheEnd = (start: Reading, { atMs, count, free }: Reading): boolean =>
  atMs > start.atMs && count > start.count && (atMs >= TO_MS || free <= FULL * start.free);
