// `calibration`: is the laboratory right? A layer of known cost must come back out, and a thing held against itself must not.
import type { CalibrationResult } from '../format/result.ts';
import { machineCard } from '../lab/machine.ts';
import { plain } from '../lab/subject/plain.ts';
import { floorAt, layerCost, type NoiseFloor, noiseFloorOf } from '../stats/layer-cost.ts';
import type { CellPlan } from './cell.ts';
import { gateWarnings } from './gates.ts';
import { type Blocks, measureGroup, needPairs, pairsOf, rowsOf } from './group.ts';
import type { Session } from './session.ts';
import { costOf } from './toll.ts';
import { Measurer } from './window.ts';

const KNOWN_MICROS = [20, 100] as const;
/** Of two windows each: what a layer of the quick ladder gets at least. */
const AA_BLOCKS = 6;
/** Few, in fresh processes again and again: two processes of one program differ by more than their blocks tell (decisions/0605). */
const LAYER_BLOCKS = 2;

/** How often each comparison is made, in fresh processes; the runs are held against the floor. */
const TIMES = { floor: 4, layer: 8, same: 10 } as const;
const QUICK_TIMES = { floor: 2, layer: 3, same: 3 } as const;

const BASE = 'plain';

export async function calibration(session: Session): Promise<CalibrationResult> {
  const measurer = new Measurer(session);
  const times = session.options.quick ? QUICK_TIMES : TIMES;
  const steps = times.floor + KNOWN_MICROS.length * times.layer + times.same;
  const compared = comparer(session, measurer, steps);
  const floor = noiseFloorOf((await compared('noise floor', 0, times.floor, AA_BLOCKS)).map(pairs));
  const layers: CalibrationResult['layers'][number][] = [];
  for (const trueMicros of KNOWN_MICROS) {
    const found = await compared(`a layer of ${trueMicros} µs`, trueMicros, times.layer, LAYER_BLOCKS);
    layers.push({ trueMicros, recovered: layerCost(found.flatMap(pairs), 0).cpuMicrosPerRequest });
  }
  const same = await compared('A/A', 0, times.same, AA_BLOCKS);
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
    selfTests: {
      runs: times.same,
      distinguishable: same.filter((blocks) => claimsDifference(blocks, floor)).length,
    },
  };
}

type Compared = (
  name: string,
  busyMicros: number,
  times: number,
  blocks: number,
) => Promise<readonly Blocks[]>;

/** One comparison after the other, each with cells of its own; tells how far it is. */
function comparer(session: Session, measurer: Measurer, steps: number): Compared {
  let done = 0;
  return async (title, busyMicros, times, blocks) => {
    const found: Blocks[] = [];
    for (let run = 1; run <= times; run += 1) {
      const name = `${title}, ${run} of ${times}`;
      session.progress.step(name, done, steps);
      found.push(await pairOf(session, measurer, name, busyMicros, blocks));
      done += 1;
    }
    return found;
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
