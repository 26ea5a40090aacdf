// In which order things are measured, so that a machine that drifts cannot favour one of them.
import { type Random, shuffled } from '../stats/random.ts';

export type Side = 'a' | 'b';

/** A B B A, then B A A B by the toss of a coin: a drift that is linear over a block of four cancels out. */
export function abba(blocks: number, random: Random): readonly (readonly Side[])[] {
  return Array.from({ length: blocks }, () =>
    random.next() < 0.5 ? (['a', 'b', 'b', 'a'] as const) : (['b', 'a', 'a', 'b'] as const),
  );
}

/** Every cell once a block, each block in an order of its own. */
export function completeBlocks<T>(
  cells: readonly T[],
  blocks: number,
  random: Random,
): readonly (readonly T[])[] {
  return Array.from({ length: blocks }, () => shuffled(cells, random));
}
