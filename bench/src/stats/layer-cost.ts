// What a layer costs, or that these pairs cannot tell, and how many could.
import type { Interval } from '../format/result.ts';
import { halfWidth, LEVEL } from './interval.ts';
import { differencesOf, pairedDifference, pairedRatio, type Pair } from './paired.ts';
import { mean, standardDeviation } from './sample.ts';
import { studentTwoSided } from './student.ts';

export interface NoiseFloor {
  /** What two runs of the same thing may differ by, at the cost they were made at. */
  readonly cpuMicrosPerRequest: number;
  /** The same as a share of that cost: noise grows with what is measured. */
  readonly ratio: number;
}

export interface LayerCost {
  readonly cpuMicrosPerRequest: Interval;
  readonly distinguishable: boolean;
  /** `null` when it is distinguishable, or when no sensible number of pairs would do. */
  readonly pairsNeeded: number | null;
  readonly p: number;
}

const MOST_PAIRS = 1000;

/** From A/A pairs: the far end of the interval of a difference that is none. */
export function noiseFloor(pairs: readonly Pair[]): NoiseFloor {
  const reach = ({ low, high }: Interval, centre: number): number =>
    Math.max(Math.abs(low - centre), Math.abs(high - centre));
  return {
    cpuMicrosPerRequest: reach(pairedDifference(pairs).difference, 0),
    ratio: reach(pairedRatio(pairs), 1),
  };
}

/**
 * From several A/A comparisons, each of two fresh processes: beyond what pairs of one comparison show, processes of one
 * program differ, and no number of pairs makes that go away. The bound within which the next comparison stays in 95 %.
 */
export function noiseFloorOf(comparisons: readonly (readonly Pair[])[]): NoiseFloor {
  const logs = comparisons.map((pairs) => Math.log(pairedRatio(pairs).estimate));
  const rms = Math.sqrt(mean(logs.map((log) => log * log)));
  const ratio = Math.exp(studentTwoSided(LEVEL, logs.length) * rms) - 1;
  const all = comparisons.flat();
  return { cpuMicrosPerRequest: ratio * mean(all.map(({ from }) => from)), ratio };
}

/** The floor in microseconds under a cost other than the one the A/A pairs were made at. */
export const floorAt = (floor: NoiseFloor, cpuMicros: number): number => floor.ratio * cpuMicros;

/** Distinguishable: the interval leaves out zero, and the estimate is above the floor. */
export function layerCost(pairs: readonly Pair[], floorMicros: number): LayerCost {
  const { difference, p } = pairedDifference(pairs);
  const leavesOutZero = difference.low > 0 || difference.high < 0;
  const distinguishable = leavesOutZero && Math.abs(difference.estimate) > floorMicros;
  return {
    cpuMicrosPerRequest: difference,
    distinguishable,
    pairsNeeded: distinguishable ? null : pairsNeeded(pairs, floorMicros),
    p,
  };
}

/** If the mean and the spread stay what they are; the floor shrinks with the root of the pairs, as the interval does. */
export function pairsNeeded(pairs: readonly Pair[], floorMicros: number): number | null {
  const differences = differencesOf(pairs);
  const effect = Math.abs(mean(differences));
  const spread = standardDeviation(differences);
  if (!(effect > 0) || Number.isNaN(spread)) return null;
  const forFloor = Math.floor(pairs.length * (floorMicros / effect) ** 2) + 1;
  for (let count = Math.max(pairs.length + 1, forFloor); count <= MOST_PAIRS; count++) {
    if (halfWidth(spread, count) < effect) return count;
  }
  return null;
}
