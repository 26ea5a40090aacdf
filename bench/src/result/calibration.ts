// The calibration from its rows: known costs recovered, and what was claimed of a thing held against itself.
import type { CalibrationPlan, PlannedComparison } from '../format/line.ts';
import type { CalibrationResult } from '../format/result.ts';
import type { Row } from '../format/row.ts';
import { floorAt, layerCost, type NoiseFloor, noiseFloorOf } from '../stats/layer-cost.ts';
import { baseOf } from './base.ts';
import { type Blocks, blocksOf, keptRows, LEAST_PAIRS, needPairs, pairsOf, rowsOf } from './blocks.ts';
import { gateWarnings } from './gates.ts';
import type { Recording } from './recording.ts';
import { costOf } from './toll.ts';

/** Keys of the two windows of every comparison. */
export const BASE = 'plain';
export const OTHER = 'other';

export const groupsOf = ({ title, times }: PlannedComparison): readonly string[] =>
  Array.from({ length: times }, (_, at) => `${title}, ${at + 1} of ${times}`);

/** Throws when there is no noise floor to hold anything against. */
export function calibrationOf(recording: Recording, { comparisons }: CalibrationPlan): CalibrationResult {
  const kept = keptRows(recording.rows);
  const of = (what: PlannedComparison['what']): readonly Found[] =>
    comparisons
      .filter((comparison) => comparison.what === what)
      .map((comparison) => ({ ...comparison, blocks: found(kept, comparison, recording.isWhole) }));
  const floor = noiseFloorOf(someOf(of('floor')).map(pairs));
  const same = of('same').flatMap(({ blocks }) => blocks);
  return {
    kind: 'calibration',
    ...baseOf(recording, {
      warnings: gateWarnings(kept),
      reruns: recording.rows.length - kept.length,
      done: `${kept.length} windows`,
    }),
    noiseFloor: floor,
    layers: of('layer')
      .filter(({ blocks }) => blocks.length > 0)
      .map(({ trueMicros, blocks }) => ({
        trueMicros,
        recovered: layerCost(blocks.flatMap(pairs), 0).cpuMicrosPerRequest,
      })),
    selfTests: {
      runs: same.length,
      distinguishable: same.filter((blocks) => claimsDifference(blocks, floor)).length,
    },
  };
}

interface Found extends PlannedComparison {
  readonly blocks: readonly Blocks[];
}

/** What was cut short has some of them, and a half one. */
function found(kept: readonly Row[], comparison: PlannedComparison, isWhole: boolean): readonly Blocks[] {
  const all = groupsOf(comparison).map((group) => blocksOf(kept, group));
  return isWhole ? all : all.filter((blocks) => pairsOf(blocks, BASE, OTHER).length >= LEAST_PAIRS);
}

function someOf(all: readonly Found[]): readonly Blocks[] {
  const blocks = all.flatMap((comparison) => comparison.blocks);
  if (blocks.length < LEAST_PAIRS) needPairs([]);
  return blocks;
}

const pairs = (blocks: Blocks): ReturnType<typeof pairsOf> => needPairs(pairsOf(blocks, BASE, OTHER));

/** Judged as a layer is, against a floor that other rows gave. */
const claimsDifference = (blocks: Blocks, floor: NoiseFloor): boolean =>
  layerCost(pairs(blocks), floorAt(floor, costOf(rowsOf(blocks, BASE)).estimate)).distinguishable;
