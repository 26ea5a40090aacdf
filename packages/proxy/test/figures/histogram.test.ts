import { assert, double, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addHistograms, BOUNDS_MS, Histogram } from '../../src/figures/histogram.ts';

const counted = (...durations: number[]): Histogram => {
  const histogram = new Histogram();
  for (const ms of durations) histogram.observe(ms);
  return histogram;
};

describe('a histogram', () => {
  it('has bounds that rise by no more than 28 %', () => {
    for (const [at, bound] of BOUNDS_MS.entries()) {
      const before = BOUNDS_MS[at - 1];
      if (before === undefined) continue;
      expect(bound).toBeGreaterThan(before);
      expect(bound / before).toBeLessThanOrEqual(1.28);
    }
  });

  it('counts each duration in the first bucket whose bound it does not exceed', () => {
    assert(
      property(double({ min: 0, max: 100_000, noNaN: true }), (ms) => {
        const { counts, sumMs } = counted(ms).figures();
        const wanted = BOUNDS_MS.findIndex((bound) => ms <= bound);
        expect(counts.indexOf(1)).toBe(wanted < 0 ? BOUNDS_MS.length : wanted);
        expect(sumMs).toBe(ms);
      }),
    );
  });

  it('adds up as if one had counted everything', () => {
    const sum = addHistograms(counted(1, 7, 200).figures(), counted(7, 90_000).figures());
    expect(sum).toEqual(counted(1, 7, 200, 7, 90_000).figures());
  });

  it('gives figures that do not change any more', () => {
    const histogram = counted(5);
    const figures = histogram.figures();
    histogram.observe(5);
    expect(figures).toEqual(counted(5).figures());
  });
});
