// `calibration`: is the laboratory right? A layer of known cost must come back out, and nothing measured against itself must not.
import type { CalibrationResult } from '../format/result.ts';
import { machineCard } from '../lab/machine.ts';
import { plain } from '../lab/subject/plain.ts';
import { floorAt, layerCost, noiseFloor, type NoiseFloor } from '../stats/layer-cost.ts';
import type { Pair } from '../stats/paired.ts';
import type { CellPlan } from './cell.ts';
import { gateWarnings } from './gates.ts';
import { measurePair, type PairRows } from './pair.ts';
import type { Session } from './session.ts';
import { costOf } from './toll.ts';
import { Measurer } from './window.ts';

const KNOWN_MICROS = [20, 100];
const LAYER_BLOCKS = 8;
const AA_RUNS = 10;
const AA_BLOCKS = 2;

const cellOf = (busyMicros: number): CellPlan => ({
  name: busyMicros === 0 ? 'plain' : `plain + ${busyMicros} µs`,
  firewall: 'none',
  journal: false,
  subject: (bench) => plain(bench, { busyMicros }),
});

export async function calibration(session: Session): Promise<CalibrationResult> {
  const measurer = new Measurer(session);
  const floorRows = await pairOf(session, measurer, 'noise floor', 0, AA_BLOCKS * 2);
  const floor = noiseFloor(floorRows.pairs);
  const layers = [];
  for (const [done, trueMicros] of KNOWN_MICROS.entries()) {
    session.progress.step(`a layer of ${trueMicros} µs`, done + 1, KNOWN_MICROS.length + 1 + runsOf(session));
    const rows = await pairOf(session, measurer, `layer of ${trueMicros} µs`, trueMicros, blocksOf(session));
    layers.push({ trueMicros, recovered: layerCost(rows.pairs, 0).cpuMicrosPerRequest });
  }
  const selfTests = await sameAgainstSame(session, measurer, floor);
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
    selfTests,
  };
}

const runsOf = (session: Session): number => (session.options.quick ? 3 : AA_RUNS);
const blocksOf = (session: Session): number => (session.options.quick ? LAYER_BLOCKS / 2 : LAYER_BLOCKS);

/** Each as a layer is measured: fresh cells, few pairs, judged against a floor that other rows gave. */
async function sameAgainstSame(
  session: Session,
  measurer: Measurer,
  floor: NoiseFloor,
): Promise<CalibrationResult['selfTests']> {
  let distinguishable = 0;
  const runs = runsOf(session);
  for (let run = 0; run < runs; run += 1) {
    session.progress.step(`A/A ${run + 1}`, KNOWN_MICROS.length + 1 + run, KNOWN_MICROS.length + 1 + runs);
    const rows = await pairOf(session, measurer, `A/A ${run + 1}`, 0, AA_BLOCKS);
    if (isTold(rows.pairs, floorAt(floor, costOf(rows.a).estimate))) distinguishable += 1;
  }
  return { runs, distinguishable };
}

const isTold = (pairs: readonly Pair[], floorMicros: number): boolean =>
  layerCost(pairs, floorMicros).distinguishable;

function pairOf(
  session: Session,
  measurer: Measurer,
  group: string,
  busyMicros: number,
  blocks: number,
): Promise<PairRows> {
  return measurePair(session, measurer, {
    group,
    mode: session.options.connectionMode ?? 'keepalive',
    a: cellOf(0),
    b: cellOf(busyMicros),
    blocks,
    connections: session.options.connections,
    warmupMs: 300,
    durationMs: (session.options.seconds ?? 1) * 1000,
    rate: session.options.rate,
  });
}
