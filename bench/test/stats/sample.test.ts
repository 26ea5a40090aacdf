// Summaries against simple-statistics, and the proof that a percentile needs a sorted sample.
import * as fc from 'fast-check';
import * as oracle from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import { mean, median, quantile, sort, standardDeviation, sum } from '../../src/stats/sample.ts';

const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 40 });

describe('samples', () => {
  it('agree with simple-statistics on mean, deviation and median', () => {
    fc.assert(
      fc.property(values, (sample) => {
        expect(mean(sample)).toBeCloseTo(oracle.mean(sample), 6);
        expect(standardDeviation(sample)).toBeCloseTo(oracle.sampleStandardDeviation(sample), 4);
        expect(median(sort(sample))).toBeCloseTo(oracle.median(sample), 6);
      }),
    );
  });

  it('keep a quantile between its neighbours and in order', () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (sample, fraction) => {
        const sorted = sort(sample);
        const at = quantile(sorted, fraction);
        expect(at).toBeGreaterThanOrEqual(sorted[0] ?? NaN);
        expect(at).toBeLessThanOrEqual(sorted.at(-1) ?? NaN);
        expect(quantile(sorted, Math.min(1, fraction + 0.1))).toBeGreaterThanOrEqual(at);
      }),
    );
  });

  it('do not compile into a percentile unsorted', () => {
    // @ts-expect-error a plain array is not Sorted
    expect(quantile([3, 1, 2], 0)).toBe(3);
  });

  it('refuse NaN, which has no place in an order', () => {
    expect(() => sort([1, NaN])).toThrow('expected numbers, got NaN');
  });

  it('add up without losing what is small', () => {
    expect(sum([1e16, 1, 1, -1e16])).toBe(2);
  });
});
