// Latencies in an HDR histogram (microseconds, three figures) and their summary in milliseconds.
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import type { LatencySummary } from './spec.ts';

/** Ten minutes: longer than any time-out a run may have. */
const HIGHEST_MICROS = 600_000_000;

export const latencyHistogram = (): RecordableHistogram =>
  createHistogram({ lowest: 1, highest: HIGHEST_MICROS, figures: 3 });

/** The histogram takes whole numbers from 1. */
export function recordMs(histogram: RecordableHistogram, ms: number): void {
  histogram.record(Math.min(HIGHEST_MICROS, Math.max(1, Math.round(ms * 1000))));
}

export const percentileMs = (histogram: RecordableHistogram, percentile: number): number | null =>
  histogram.count === 0 ? null : histogram.percentile(percentile) / 1000;

export function summarise(histogram: RecordableHistogram): LatencySummary | null {
  if (histogram.count === 0) return null;
  const at = (percentile: number): number => histogram.percentile(percentile) / 1000;
  return {
    p50Ms: at(50),
    p90Ms: at(90),
    p99Ms: at(99),
    p999Ms: at(99.9),
    maxMs: histogram.max / 1000,
    meanMs: histogram.mean / 1000,
    distribution: distributionOf(histogram),
  };
}

function distributionOf(histogram: RecordableHistogram): [number, number][] {
  const points: [number, number][] = [];
  for (const [percentile, micros] of histogram.percentiles) {
    const count = Math.round((percentile / 100) * histogram.count);
    const last = points.at(-1);
    if (last !== undefined && last[0] === micros / 1000) last[1] = count;
    else points.push([micros / 1000, count]);
  }
  return points;
}
