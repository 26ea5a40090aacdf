// Effects of k two-level factors from complete blocks: each block holds every combination once, so each gives every effect.
import type { Interval } from '../format/result.ts';
import { centreInterval, meanInterval } from './interval.ts';
import { signFlipP } from './sign-flip.ts';
import { bootstrapInterval } from './bootstrap.ts';
import { mean } from './sample.ts';

/** Value of the cell whose factors are on where the bit of their index is set; 2^k values. */
export type Block = readonly number[];

export interface Effect {
  /** A factor's name, or two joined by ` × `. */
  readonly name: string;
  readonly cpuMicrosPerRequest: Interval;
  readonly p: number;
}

export interface Share {
  readonly name: string;
  readonly cpuMicrosPerRequest: Interval;
  /** Of the cost of all factors together, 0..1 when every factor costs. */
  readonly share: Interval;
}

const SEED = 0x5eed;

/** Main effects, then two-way interactions: the change a factor makes, averaged over all settings of the others. */
export function factorialEffects(factors: readonly string[], blocks: readonly Block[]): Effect[] {
  assertComplete(factors, blocks);
  const indices = [...factors.keys()];
  const subsets = [
    ...indices.map((a) => [a]),
    ...indices.flatMap((a) => indices.filter((b) => b > a).map((b) => [a, b])),
  ];
  return subsets.map((subset) => {
    const perBlock = blocks.map((block) => contrast(block, subset, factors.length));
    return {
      name: subset.map((index) => factors[index]).join(' × '),
      cpuMicrosPerRequest: centreInterval(perBlock),
      p: signFlipP(perBlock),
    };
  });
}

function contrast(block: Block, subset: readonly number[], factorCount: number): number {
  const signOf = (cell: number): number =>
    subset.reduce((sign, index) => ((cell >> index) & 1 ? sign : -sign), 1);
  return block.reduce((sum, value, cell) => sum + signOf(cell) * value, 0) / 2 ** (factorCount - 1);
}

/**
 * Exact Shapley shares by Harsanyi dividends: m(S) = sum over T in S of (-1)^(|S|-|T|) v(T), and each member of S takes the same part
 * of m(S). They sum to v(all) - v(none), whatever interacts. Linear in the cells, so per-block values carry the interval.
 */
export function shapleyShares(factors: readonly string[], blocks: readonly Block[]): Share[] {
  assertComplete(factors, blocks);
  const perBlock = blocks.map((block) => shapleyValues(block, factors.length));
  return factors.map((name, index) => ({
    name,
    cpuMicrosPerRequest: meanInterval(perBlock.map((values) => values[index] ?? NaN)),
    share: bootstrapInterval(perBlock, (drawn) => shareOf(index, drawn), SEED),
  }));
}

function shapleyValues(block: Block, factorCount: number): number[] {
  const dividends = moebius(block, factorCount);
  return Array.from({ length: factorCount }, (_, index) =>
    dividends.reduce((sum, dividend, set) => ((set >> index) & 1 ? sum + dividend / bitsIn(set) : sum), 0),
  );
}

/** All the alternating sums at once, factor by factor. */
function moebius(block: Block, factorCount: number): number[] {
  const dividends = [...block];
  for (let index = 0; index < factorCount; index++) {
    for (let set = 0; set < dividends.length; set++) {
      if ((set >> index) & 1)
        dividends[set] = (dividends[set] ?? NaN) - (dividends[set ^ (1 << index)] ?? NaN);
    }
  }
  return dividends;
}

function shareOf(index: number, perBlock: readonly (readonly number[])[]): number {
  const part = mean(perBlock.map((values) => values[index] ?? NaN));
  const whole = mean(perBlock.map((values) => values.reduce((sum, value) => sum + value, 0)));
  // Nothing to share out: no part has a share of it.
  return whole === 0 ? 0 : part / whole;
}

function bitsIn(set: number): number {
  let bits = 0;
  for (let rest = set; rest > 0; rest &= rest - 1) bits++;
  return bits;
}

function assertComplete(factors: readonly string[], blocks: readonly Block[]): void {
  const expected = 2 ** factors.length;
  const bad = blocks.findIndex((block) => block.length !== expected || block.some(Number.isNaN));
  if (bad >= 0) {
    throw new RangeError(
      `factorial: block ${bad}: expected ${expected} cells, got ${blocks[bad]?.filter((value) => !Number.isNaN(value)).length}`,
    );
  }
}
