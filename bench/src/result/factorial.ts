// All combinations of layers from their rows: effects, interactions and shares.
import type { BreakdownResult } from '../format/result.ts';
import type { Row } from '../format/row.ts';
import { type Block, factorialEffects, shapleyShares } from '../stats/factorial.ts';
import { blocksOf, LEAST_PAIRS } from './blocks.ts';

/** The group of its rows; the key of a row is its combination's number. */
export const FACTORIAL = 'factorial';

/** `null`: no combinations were measured, or of too few blocks all. */
export function factorialOf(
  kept: readonly Row[],
  factors: readonly string[],
): NonNullable<BreakdownResult['factorial']> | null {
  const blocks = blocksOf(kept, FACTORIAL);
  const combinations = Array.from({ length: 2 ** factors.length }, (_, combination) => String(combination));
  // A block that lacks a combination says nothing about any of them.
  const complete: readonly Block[] = blocks
    .map((block) => combinations.map((key) => block.get(key)?.cpuMicrosPerRequest ?? Number.NaN))
    .filter((values) => !values.some(Number.isNaN));
  if (factors.length === 0 || complete.length < LEAST_PAIRS) return null;
  return { effects: factorialEffects(factors, complete), shapley: shapleyShares(factors, complete) };
}
