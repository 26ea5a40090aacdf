// When the table will be full, told from the first seconds: free entries over the rate at which they go.
import type { Sample } from '../format/line.ts';
import { findSweeps, type TableReading, tableReadings } from './table-reading.ts';

/** Seconds of a run from which its end is told; connections are being opened in the first half of the first. */
const FROM_MS = 500;
const TO_MS = 2000;
/** Of the room at the start: the kernel's count moves by a few entries at the limit. */
const FULL = 0.01;

/**
 * Seconds from the start of measuring to a full table, or `null` when the table does not grow. Entries of closed
 * connections stay for 120 s (nf_conntrack_tcp_timeout_time_wait), so over a short run none of them is given back; unless
 * the kernel sweeps the table in those first seconds: then it fills anew from there.
 */
export function predictCliff(samples: readonly Sample[], startedAtMs: number): number | null {
  const readings = tableReadings(samples, startedAtMs);
  const sweep = findSweeps(readings).findLast(({ atMs }) => atMs <= TO_MS);
  const predictedMs =
    sweep === undefined ? fullAfter(readings, 0) : fullAfter(readings.slice(sweep.index), sweep.atMs);
  return predictedMs === null ? null : predictedMs / 1000;
}

/** Milliseconds on the readings' clock; what is told from are the two seconds after `sinceMs`. */
function fullAfter(readings: readonly TableReading[], sinceMs: number): number | null {
  const start = readings.findLast(({ atMs }) => atMs <= sinceMs) ?? readings[0];
  const to =
    start === undefined ? undefined : readings.find((reading) => tellsTheEnd(start, reading, sinceMs));
  if (start === undefined || to === undefined) return null;
  const from = readings.findLast(
    ({ atMs, count }) => atMs <= sinceMs + FROM_MS && atMs < to.atMs && count < to.count,
  );
  const { atMs, count } = from ?? start;
  const perMs = (to.count - count) / (to.atMs - atMs);
  return to.atMs + to.free / perMs;
}

/**
 * The first that is late enough, however long a busy machine took to read it or to open a connection; or the one that
 * finds the table full already: then the rate is that of the time until it.
 */
const tellsTheEnd = (start: TableReading, { atMs, count, free }: TableReading, sinceMs: number): boolean =>
  atMs > start.atMs && count > start.count && (atMs >= sinceMs + TO_MS || free <= FULL * start.free);
