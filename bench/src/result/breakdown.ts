// The breakdown from its rows: each layer's toll beside the noise floor, and what every rung costs.
import type { BreakdownPlan, PlannedLayer } from '../format/line.ts';
import type { BreakdownResult, Layer, RungSummary, Warning } from '../format/result.ts';
import type { Row } from '../format/row.ts';
import { type NoiseFloor, noiseFloor } from '../stats/layer-cost.ts';
import { warn } from '../stats/warnings.ts';
import { baseOf } from './base.ts';
import { type Blocks, blocksOf, keptRows, LEAST_PAIRS, needPairs, pairsOf, rowsOf } from './blocks.ts';
import { factorialOf } from './factorial.ts';
import { gateWarnings } from './gates.ts';
import type { Recording } from './recording.ts';
import { summarise, tollOf } from './toll.ts';

/** Each gives every layer a pair. */
const FEW_BLOCKS = 4;

/** Throws when there are not two pairs of which the noise floor could be told. */
export function breakdownOf(recording: Recording, plan: BreakdownPlan): BreakdownResult {
  const kept = keptRows(recording.rows);
  const measured = new Map(plan.groups.map((group) => [group, blocksOf(kept, group)]));
  const blocks = (group: string): Blocks => measured.get(group) ?? [];
  const floor = noiseFloor(needPairs(plan.groups.flatMap((group) => pairsFor(blocks(group), plan.noise))));
  // What was cut short has groups of which there is nothing: no fault of the machine.
  const planned = plan.layers.filter(({ group }) => recording.isWhole || blocks(group).length > 0);
  const told = planned.filter((layer) => pairsFor(blocks(layer.group), layer).length >= LEAST_PAIRS);
  // A combination of --full is no rung of the ladder.
  const rungs = rungsOf(kept.filter(({ group }) => plan.groups.includes(group)));
  const reruns = recording.rows.length - kept.length;
  const factorial = factorialOf(kept, plan.factors);
  return {
    kind: 'breakdown',
    ...baseOf(recording, {
      warnings: [
        ...planned
          .filter((layer) => !told.includes(layer))
          .map((layer) =>
            warn.notDistinguishable(layer.layer, pairsFor(blocks(layer.group), layer).length, null),
          ),
        ...fewPairs([...measured.values()]),
        ...warningsOf(kept, reruns, floor),
      ],
      reruns,
      done: `${kept.length} windows, ${told.length} of ${plan.layers.length} layers`,
    }),
    noiseFloor: floor,
    rungs,
    layers: told.map((layer) => layerOf(layer, blocks(layer.group), floor, rungs)),
    ...(factorial === null ? {} : { factorial }),
  };
}

/** A cell in one connection mode: the key of its window. */
export const keyOf = (rung: string, mode: string): string => `${rung} [${mode}]`;

type Step = Pick<PlannedLayer, 'from' | 'to' | 'mode'>;

const pairsFor = (blocks: Blocks, { from, to, mode }: Step): ReturnType<typeof pairsOf> =>
  pairsOf(blocks, keyOf(from, mode), keyOf(to, mode));

function layerOf(
  plan: PlannedLayer,
  blocks: Blocks,
  floor: NoiseFloor,
  rungs: readonly RungSummary[],
): Layer {
  const sameMode = rungs.filter(({ connectionMode }) => connectionMode === plan.mode);
  const top = Math.max(...sameMode.map((rung) => rung.cpuMicrosPerRequest.estimate));
  return {
    layer: plan.layer,
    from: plan.from,
    to: plan.to,
    connectionMode: plan.mode,
    ...tollOf(pairsFor(blocks, plan), rowsOf(blocks, keyOf(plan.from, plan.mode)), floor, top),
  };
}

function fewPairs(groups: readonly Blocks[]): readonly Warning[] {
  const fewest = Math.min(...groups.map((blocks) => blocks.length).filter((count) => count > 0));
  return fewest < FEW_BLOCKS ? [warn.fewPairs(fewest)] : [];
}

/** A floor above this hides every layer but TLS handshakes. */
const NOISY = 0.1;

const warningsOf = (kept: readonly Row[], reruns: number, floor: NoiseFloor): readonly Warning[] => [
  warn.ladderOrder(),
  ...gateWarnings(kept),
  ...(floor.ratio > NOISY ? [warn.noisyMachine(floor.ratio)] : []),
  ...(reruns > 0 ? [warn.reruns(reruns, kept.length + reruns)] : []),
];

/** Every row of a rung in one connection mode, whichever flight it was measured in. */
function rungsOf(rows: readonly Row[]): readonly RungSummary[] {
  const groups = Map.groupBy(rows, (row) => keyOf(row.cell, row.connectionMode));
  return groups
    .values()
    .map((group) => summarise(group))
    .toArray()
    .flat();
}
