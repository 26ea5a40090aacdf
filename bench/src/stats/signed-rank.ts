// Hodges and Lehmann's estimate of a difference, and the interval that goes with it by inverting Wilcoxon's signed-rank test.
import { median, sort, type Sorted } from './sample.ts';

/** The median of all pairwise averages: a mean that one bad pair cannot drag away. */
export const hodgesLehmann = (differences: readonly number[]): number => median(walshAverages(differences));

/** Exact for any symmetric distribution; below 6 differences no interval of 95 % exists, and it is unbounded. */
export function signedRankInterval(
  differences: readonly number[],
  level: number,
): { readonly low: number; readonly high: number } {
  const averages = walshAverages(differences);
  const rank = criticalRank(differences.length, (1 - level) / 2);
  return {
    low: averages[rank - 1] ?? -Infinity,
    high: rank === 0 ? Infinity : (averages[averages.length - rank] ?? Infinity),
  };
}

function walshAverages(values: readonly number[]): Sorted {
  return sort(values.flatMap((a, i) => values.slice(i).map((b) => (a + b) / 2)));
}

/** How many rank sums from 0 up together stay within the tail. */
function criticalRank(count: number, tail: number): number {
  const ways = rankSumCounts(count);
  const allowed = tail * 2 ** count;
  let taken = 0;
  let rank = 0;
  while (taken + (ways[rank] ?? Infinity) <= allowed) taken += ways[rank++] ?? Infinity;
  return rank;
}

/** In how many of the 2^n sign patterns the positive ranks 1..n sum to each value. */
function rankSumCounts(count: number): readonly number[] {
  let ways = [1];
  for (let rank = 1; rank <= count; rank++) {
    const next = [...ways, ...Array.from({ length: rank }, () => 0)];
    for (const [sum, number] of ways.entries()) next[sum + rank] = (next[sum + rank] ?? 0) + number;
    ways = next;
  }
  return ways;
}
