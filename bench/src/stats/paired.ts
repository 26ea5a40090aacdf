// Two things measured side by side, again and again: only the pair means anything on a machine whose speed moves.
import type { Interval } from '../format/result.ts';
import { centreInterval, exponential } from './interval.ts';
import { signFlipP } from './sign-flip.ts';

/** One reading of each, taken next to each other in time; the same unit. */
export interface Pair {
  readonly from: number;
  readonly to: number;
}

export interface PairedDifference {
  /** to - from */
  readonly difference: Interval;
  /** Sign-flip permutation, two-sided. */
  readonly p: number;
}

export function pairedDifference(pairs: readonly Pair[]): PairedDifference {
  const differences = differencesOf(pairs);
  return { difference: centreInterval(differences), p: signFlipP(differences) };
}

/** to / from, by logarithms, so that the ratio the other way round has the reciprocal interval. */
export function pairedRatio(pairs: readonly Pair[]): Interval {
  const bad = pairs.find(({ from, to }) => !(from > 0 && to > 0));
  if (bad !== undefined) {
    throw new RangeError(`ratio: expected readings above 0, got ${bad.from} and ${bad.to}`);
  }
  return exponential(centreInterval(pairs.map(({ from, to }) => Math.log(to / from))));
}

export const differencesOf = (pairs: readonly Pair[]): readonly number[] =>
  pairs.map(({ from, to }) => to - from);
