// Intervals of a centre from few values: Student's t below ten, Hodges-Lehmann with signed ranks from ten (decisions/0602).
import type { Interval } from '../format/result.ts';
import { mean, standardDeviation } from './sample.ts';
import { hodgesLehmann, signedRankInterval } from './signed-rank.ts';
import { studentTwoSided } from './student.ts';

export const LEVEL = 0.95;
/** From here the robust interval is as narrow as Student's on clean data, and a third narrower beside outliers. */
const ROBUST_FROM = 10;

/** Of independent values: differences of pairs, or one value a block. Below two values it is unbounded. */
export function centreInterval(values: readonly number[]): Interval {
  return values.length < ROBUST_FROM
    ? meanInterval(values)
    : { estimate: hodgesLehmann(values), ...signedRankInterval(values, LEVEL) };
}

/** Student's t about the mean: linear, so that the intervals of parts belong to estimates that add up. */
export function meanInterval(values: readonly number[]): Interval {
  const estimate = mean(values);
  const half = halfWidth(standardDeviation(values), values.length);
  return { estimate, low: estimate - half, high: estimate + half };
}

/** Half the width of the t-interval that `count` values of this spread would give. */
export const halfWidth = (spread: number, count: number): number =>
  count < 2 ? Infinity : (studentTwoSided(LEVEL, count - 1) * spread) / Math.sqrt(count);

/** `interval` of logarithms back to the scale of ratios. */
export const exponential = ({ estimate, low, high }: Interval): Interval => ({
  estimate: Math.exp(estimate),
  low: Math.exp(low),
  high: Math.exp(high),
});
