// Slices of time: every beginning and every end in one of them, and the percentiles of a whole second.
import { describe, expect, it } from 'vitest';
import type { LoadBucket } from '../../src/load/spec.ts';
import { Tally } from '../../src/load/tally.ts';
import { sumErrors } from '../support/sum-errors.ts';

function tally(): { tally: Tally; buckets: LoadBucket[]; seconds: LoadBucket[] } {
  const buckets: LoadBucket[] = [];
  const seconds: LoadBucket[] = [];
  const listener = {
    bucket: (bucket: LoadBucket) => buckets.push(bucket),
    second: (second: LoadBucket) => seconds.push(second),
  };
  return { tally: new Tally(listener), buckets, seconds };
}

describe('tally', () => {
  it('counts a beginning where it began and an end where it ended', () => {
    const { tally: counts, buckets } = tally();
    counts.begin(99.9);
    counts.end(null, 99.9, 99.9, 250);
    counts.roll(300);
    expect(buckets.map(({ atMs, attempts, good }) => [atMs, attempts, good])).toEqual([
      [0, 1, 0],
      [100, 0, 0],
      [200, 0, 1],
    ]);
  });

  it('closes empty slices too: a silent server is a flat line, not a gap', () => {
    const { tally: counts, buckets, seconds } = tally();
    counts.roll(2000);
    expect(buckets).toHaveLength(20);
    expect(seconds).toEqual(
      [0, 1000].map((atMs) => ({
        atMs,
        good: 0,
        attempts: 0,
        errors: 0,
        phases: {},
        lateMs: 0,
        p50Ms: null,
        p99Ms: null,
      })),
    );
  });

  it('takes latency from the due time and service time from the send', () => {
    const { tally: counts } = tally();
    counts.begin(0);
    counts.end(null, 0, 40, 50);
    counts.finish();
    expect(counts.latency()?.p50Ms).toBeCloseTo(50, 1);
    expect(counts.serviceLatency()?.p50Ms).toBeCloseTo(10, 1);
  });

  it('knows the percentiles of the second, which are not those of its slices', () => {
    const { tally: counts, seconds } = tally();
    for (let i = 0; i < 100; i++) counts.end(null, i * 10, i * 10, i * 10 + (i === 99 ? 900 : 1));
    counts.finish();
    expect(seconds.map(({ good }) => good)).toEqual([99, 1]);
    expect(seconds[0]?.p99Ms).toBeCloseTo(1, 1);
  });

  it('tells the phases of each slice and each second, and how long the generator itself was held up', () => {
    const { tally: counts, buckets, seconds } = tally();
    counts.end('refused', 0, 0, 5);
    counts.late(3);
    counts.end('refused', 0, 0, 150);
    counts.end('tls', 0, 0, 160);
    counts.late(40);
    counts.late(7);
    counts.roll(2000);
    expect(buckets.slice(0, 3).map(({ phases }) => phases)).toEqual([
      { refused: 1 },
      { refused: 1, tls: 1 },
      {},
    ]);
    expect(seconds.map(({ phases, lateMs }) => ({ phases, lateMs }))).toEqual([
      { phases: { refused: 2, tls: 1 }, lateMs: 40 },
      { phases: {}, lateMs: 0 },
    ]);
  });

  it('books each failure under its phase, and none of them into the latencies', () => {
    const { tally: counts } = tally();
    for (const phase of ['refused', 'refused', 'tls'] as const) counts.end(phase, 0, 0, 5);
    counts.finish();
    expect(counts.errors).toMatchObject({ refused: 2, tls: 1, fin: 0 });
    expect(sumErrors(counts.errors)).toBe(3);
    expect(counts.latency()).toBeNull();
  });
});
