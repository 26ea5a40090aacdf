// Did the run change while it was measured? The second half against the first.
import type { Interval } from '../format/result.ts';
import { LEVEL } from './interval.ts';
import { mean, standardDeviation } from './sample.ts';
import { studentTwoSided } from './student.ts';

/** Relative change of the mean from the first half of `values` (in order of time) to the second, by Welch. */
export function drift(values: readonly number[]): Interval {
  const middle = Math.floor(values.length / 2);
  const before = values.slice(0, middle);
  const after = values.slice(values.length - middle);
  const base = mean(before);
  const estimate = (mean(after) - base) / base;
  const half = welchHalfWidth(before, after) / Math.abs(base);
  return { estimate, low: estimate - half, high: estimate + half };
}

/** Beyond `tolerance`, and not by chance: what a validity gate asks. */
export function isDrifting(values: readonly number[], tolerance: number): boolean {
  const { estimate, low, high } = drift(values);
  return Math.abs(estimate) > tolerance && (low > 0 || high < 0);
}

function welchHalfWidth(a: readonly number[], b: readonly number[]): number {
  if (a.length < 2) return Infinity;
  const partA = standardDeviation(a) ** 2 / a.length;
  const partB = standardDeviation(b) ** 2 / b.length;
  if (partA + partB === 0) return 0;
  const freedom = (partA + partB) ** 2 / (partA ** 2 / (a.length - 1) + partB ** 2 / (b.length - 1));
  return studentTwoSided(LEVEL, freedom) * Math.sqrt(partA + partB);
}
