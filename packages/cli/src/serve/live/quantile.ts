// Quantiles of what was counted between two readings of a histogram. Pure.
import { BOUNDS_MS, type HistogramFigures } from '@tollgate/proxy';

/** What was counted since `before`. */
export function since(before: HistogramFigures, now: HistogramFigures): Float64Array {
  return now.counts.map((count, at) => Math.max(0, count - (before.counts[at] ?? 0)));
}

/**
 * In milliseconds, `part` from 0 to 1; spread evenly inside the bucket it falls into, and the longest bound for what
 * is longer than all. `null`: nothing was counted.
 */
export function quantile(counts: Float64Array, part: number): number | null {
  const all = counts.reduce((sum, count) => sum + count, 0);
  if (all === 0) return null;
  let left = all * part;
  for (const [at, count] of counts.entries()) {
    if (count > 0 && left <= count) {
      const low = BOUNDS_MS[at - 1] ?? 0;
      const high = BOUNDS_MS[at] ?? low;
      return low + (high - low) * (left / count);
    }
    left -= count;
  }
  return BOUNDS_MS.at(-1) ?? null;
}
