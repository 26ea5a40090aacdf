// When the table will be full, told from the first seconds: free entries over the rate at which they go.
import type { WatchRow } from '../lab/watch.ts';

/** Seconds of a run from which its end is told; connections are being opened in the first half of the first. */
const FROM_MS = 500;
const TO_MS = 2000;

/**
 * Seconds from the start of measuring to a full table, or `null` when the table does not grow. Entries of closed
 * connections stay for 120 s (nf_conntrack_tcp_timeout_time_wait), so over a short run none of them is given back.
 */
export function predictCliff(rows: readonly WatchRow[], startedAtMs: number): number | null {
  const at = (ms: number): WatchRow | undefined => rows.findLast((row) => row.atMs <= startedAtMs + ms);
  const [early, late] = [at(FROM_MS), at(TO_MS)];
  const [from, to] = [early?.sample.conntrack, late?.sample.conntrack];
  if (early === undefined || late === undefined || !from || !to || late.atMs <= early.atMs) return null;
  const perMs = (to.count - from.count) / (late.atMs - early.atMs);
  if (perMs <= 0) return null;
  return (late.atMs - startedAtMs + (to.max - to.count) / perMs) / 1000;
}
