// Windows that were measured side by side, found again in the rows: by group, block and key, the last attempt of each. Pure.
import type { Row } from '../format/row.ts';
import type { Pair } from '../stats/paired.ts';

/** One map a block, from a window's key to its row. */
export type Blocks = readonly ReadonlyMap<string, Row>[];

/** Without the attempts that were measured again. */
export function keptRows(rows: readonly Row[]): readonly Row[] {
  const last = new Map(rows.map((row) => [placeOf(row), row]));
  return rows.filter((row) => last.get(placeOf(row)) === row);
}

const placeOf = ({ group, block, key }: Row): string => `${group}\n${block}\n${key}`;

export function blocksOf(kept: readonly Row[], group: string): Blocks {
  const blocks = Map.groupBy(
    kept.filter((row) => row.group === group),
    ({ block }) => block,
  );
  return [...blocks.values()].map((rows) => new Map(rows.map((row) => [row.key, row])));
}

/** Costs of two windows side by side; a block in which one of them had no good answer gives none. */
export function pairsOf(blocks: Blocks, fromKey: string, toKey: string): readonly Pair[] {
  return blocks.flatMap((block) => {
    const from = block.get(fromKey)?.cpuMicrosPerRequest ?? 0;
    const to = block.get(toKey)?.cpuMicrosPerRequest ?? 0;
    return from > 0 && to > 0 ? [{ from, to }] : [];
  });
}

/** One pair has no spread, and so no interval. */
export const LEAST_PAIRS = 2;

/** For what an experiment cannot do without. Throws when the machine was too busy for two pairs of good answers. */
export function needPairs(pairs: readonly Pair[]): readonly Pair[] {
  if (pairs.length >= LEAST_PAIRS) return pairs;
  throw new Error('nothing can be measured here now: hardly a window had a good answer (see rows.jsonl)');
}

export const rowsOf = (blocks: Blocks, key: string): readonly Row[] =>
  blocks.flatMap((block) => block.get(key) ?? []);
