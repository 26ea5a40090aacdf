// `calibration`: is the laboratory right? A layer of known cost must come back out, and a thing held against itself must not.
import type { CalibrationResult } from '../format/result.ts';
import { machineCard } from '../lab/machine.ts';
import { plain } from '../lab/subject/plain.ts';
import { floorAt, layerCost, type NoiseFloor, noiseFloorOf } from '../stats/layer-cost.ts';
import type { Pair } from '../stats/paired.ts';
import type { CellPlan } from './cell.ts';
import { gateWarnings } from './gates.ts';
import { type Blocks, measureGroup, needPairs, pairsOf, rowsOf } from './group.ts';
import type { Session } from './session.ts';
import { costOf } from './toll.ts';
import { Measurer } from './window.ts';

const KNOWN_MICROS = [20, 100] as const;
/** Fresh processes each: from these the floor is told that the runs are held against. */
const FLOOR_RUNS = 4;
const QUICK_FLOOR_RUNS = 2;
const AA_RUNS = 10;
const QUICK_AA_RUNS = 3;
/** Of two windows each: what a layer of the quick ladder gets at least, and what the known layers get. */
const AA_BLOCKS = 6;
const LAYER_BLOCKS = 16;

const BASE = 'plain';

export async function calibration(session: Session): Promise<CalibrationResult> {
  const measurer = new Measurer(session);
  const runs = session.options.quick ? QUICK_AA_RUNS : AA_RUNS;
  const floorRuns = session.options.quick ? QUICK_FLOOR_RUNS : FLOOR_RUNS;
  const steps = floorRuns + KNOWN_MICROS.length + runs;
  const comparisons: (readonly Pair[])[] = [];
  for (let run = 0; run < floorRuns; run += 1) {
    session.progress.step(`noise floor ${run + 1}`, run, steps);
    comparisons.push(pairs(await pairOf(session, measurer, `noise floor ${run + 1}`, 0, AA_BLOCKS)));
  }
  const floor = noiseFloorOf(comparisons);
  const layers: { trueMicros: number; recovered: CalibrationResult['layers'][number]['recovered'] }[] = [];
  for (const [done, trueMicros] of KNOWN_MICROS.entries()) {
    session.progress.step(`a layer of ${trueMicros} µs`, floorRuns + done, steps);
    const blocks = await pairOf(session, measurer, `a layer of ${trueMicros} µs`, trueMicros, LAYER_BLOCKS);
    layers.push({ trueMicros, recovered: layerCost(pairs(blocks), 0).cpuMicrosPerRequest });
  }
  let distinguishable = 0;
  for (let run = 0; run < runs; run += 1) {
    session.progress.step(`A/A ${run + 1}`, floorRuns + KNOWN_MICROS.length + run, steps);
    const blocks = await pairOf(session, measurer, `A/A ${run + 1}`, 0, AA_BLOCKS);
    if (claimsDifference(blocks, floor)) distinguishable += 1;
  }
  for (const warning of gateWarnings(measurer.kept)) session.warn(warning);
  return {
    kind: 'calibration',
    startedAt: session.startedAt.toISOString(),
    command: session.options.command,
    machine: await machineCard(),
    warnings: session.warnings,
    reruns: measurer.reruns,
    noiseFloor: floor,
    layers,
    selfTests: { runs, distinguishable },
  };
}

const OTHER = 'other';
const pairs = (blocks: Blocks): ReturnType<typeof pairsOf> => needPairs(pairsOf(blocks, BASE, OTHER));

/** Judged as a layer is, against a floor that other rows gave. */
const claimsDifference = (blocks: Blocks, floor: NoiseFloor): boolean =>
  layerCost(pairs(blocks), floorAt(floor, costOf(rowsOf(blocks, BASE)).estimate)).distinguishable;

const cellOf = (name: string, busyMicros: number): CellPlan => ({
  name,
  firewall: 'none',
  journal: false,
  subject: (bench) => plain(bench, { busyMicros }),
});

/** Fresh cells each time, as an experiment has them. */
function pairOf(
  session: Session,
  measurer: Measurer,
  name: string,
  busyMicros: number,
  blocks: number,
): Promise<Blocks> {
  const mode = session.options.connectionMode ?? 'keepalive';
  const other = busyMicros === 0 ? 'plain, again' : `plain + ${busyMicros} µs`;
  return measureGroup(session, measurer, {
    name,
    cells: [cellOf(BASE, 0), cellOf(other, busyMicros)],
    parts: [
      [
        { key: BASE, cell: BASE, mode },
        { key: OTHER, cell: other, mode },
      ],
    ],
    warmupMs: 300,
    durationMs: (session.options.seconds ?? 1) * 1000,
    blocks: { least: blocks, most: blocks, deadlineMs: Number.POSITIVE_INFINITY },
  });
}
