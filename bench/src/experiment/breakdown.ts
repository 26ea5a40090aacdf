// `breakdown`: what each layer adds to the cost of a request, rung by rung, beside the noise floor.
import type { BreakdownResult, Layer, RungSummary } from '../format/result.ts';
import type { Row } from '../format/row.ts';
import { machineCard } from '../lab/machine.ts';
import { type NoiseFloor, noiseFloor } from '../stats/layer-cost.ts';
import type { Pair } from '../stats/paired.ts';
import { warn } from '../stats/warnings.ts';
import { factorial } from './factorial.ts';
import { gateWarnings } from './gates.ts';
import {
  type Blocks,
  LEAST_PAIRS,
  measureGroup,
  needPairs,
  pairsOf,
  rowsOf,
  type WindowPlan,
} from './group.ts';
import { type Flight, type LayerPlan, NOISE, quickLadder } from './ladder.ts';
import type { Session } from './session.ts';
import { type Timetable, timetable } from './timetable.ts';
import { summarise, tollOf } from './toll.ts';
import { Measurer } from './window.ts';

/** Under four minutes in all, with the report and a slow machine's starting times. */
const BUDGET_MS = 210_000;
const QUICK_BUDGET_MS = 110_000;
/** For the connections to be made: the subject and the generator are warm. */
const WARMUP_MS = 250;
/** Short, so that there are ten of each: from there on the interval shrugs off a disturbed window (decisions/0602). */
const WINDOW_S = 0.4;
const MOST_BLOCKS = 40;
/** Each gives every layer a pair. */
const FEW_BLOCKS = 4;

export interface BreakdownOptions {
  /** All combinations too. */
  readonly full: boolean;
  /** For the ladder, in all. */
  readonly budgetSeconds: number | undefined;
  /** Words of layers; empty: all of them. */
  readonly only: readonly string[];
}

export async function breakdown(session: Session, options: BreakdownOptions): Promise<BreakdownResult> {
  const measurer = new Measurer(session);
  const flights = quickLadder(session.isolated, options.only);
  const measured: (readonly [Flight, Blocks])[] = [];
  const table = timetable(session, budgetMs(session, options));
  for (const [done, flight] of flights.entries())
    measured.push([flight, await climb(session, measurer, table, flight, flights.slice(done + 1))]);
  const result = await resultOf(session, measurer, measured);
  return options.full ? { ...result, factorial: await factorial(session, measurer) } : result;
}

const budgetMs = (session: Session, { budgetSeconds }: BreakdownOptions): number =>
  budgetSeconds === undefined ? (session.options.quick ? QUICK_BUDGET_MS : BUDGET_MS) : budgetSeconds * 1000;

/** The time that is left is shared among the flights by the windows they have. */
function climb(
  session: Session,
  measurer: Measurer,
  table: Timetable,
  flight: Flight,
  later: readonly Flight[],
): Promise<Blocks> {
  const windows = windowsOf(flight);
  const waiting = later.reduce((sum, next) => sum + windowsOf(next).length, 0);
  table.tell(`${flight.name}: starting ${flight.rungs.length} subjects`);
  return measureGroup(session, measurer, {
    name: flight.name,
    cells: flight.rungs,
    parts: [...Map.groupBy(windows, ({ mode }) => mode).values()],
    warmupMs: WARMUP_MS,
    durationMs: (session.options.seconds ?? WINDOW_S) * 1000,
    blocks: { least: 2, most: MOST_BLOCKS, deadlineMs: table.deadline(windows.length, waiting) },
    onBlock: (block) => table.tell(`${flight.name}: block ${block + 1}`),
  });
}

/** Each rung once a block in each connection mode that a layer asks of it. */
function windowsOf(flight: Flight): readonly WindowPlan[] {
  const wanted = [...flight.layers, NOISE].flatMap(({ from, to, mode }) => [
    { cell: from, mode },
    { cell: to, mode },
  ]);
  const names = new Set(flight.rungs.map(({ name }) => name));
  const unique = new Map(
    wanted.filter(({ cell }) => names.has(cell)).map((window) => [keyOf(window.cell, window.mode), window]),
  );
  return [...unique.entries()].map(([key, window]) => ({ key, ...window }));
}

const keyOf = (rung: string, mode: string): string => `${rung} [${mode}]`;

async function resultOf(
  session: Session,
  measurer: Measurer,
  measured: readonly (readonly [Flight, Blocks])[],
): Promise<BreakdownResult> {
  const floor = noiseFloor(needPairs(measured.flatMap(([, blocks]) => pairsFor(blocks, NOISE))));
  const rungs = rungsOf(measurer.kept);
  const layers = measured.flatMap(([flight, blocks]) =>
    flight.layers
      .filter((plan) => isTold(session, plan, pairsFor(blocks, plan)))
      .map((plan) => layer(plan, blocks, floor, rungs)),
  );
  const fewest = Math.min(...measured.map(([, blocks]) => blocks.length));
  if (fewest < FEW_BLOCKS) session.warn(warn.fewPairs(fewest));
  warnOf(session, measurer, floor);
  return {
    kind: 'breakdown',
    startedAt: session.startedAt.toISOString(),
    command: session.options.command,
    machine: await machineCard(),
    warnings: session.warnings,
    reruns: measurer.reruns,
    noiseFloor: floor,
    rungs,
    layers,
  };
}

function isTold(session: Session, { layer }: LayerPlan, pairs: readonly Pair[]): boolean {
  if (pairs.length < LEAST_PAIRS) session.warn(warn.notDistinguishable(layer, pairs.length, null));
  return pairs.length >= LEAST_PAIRS;
}

const pairsFor = (blocks: Blocks, { from, to, mode }: LayerPlan): ReturnType<typeof pairsOf> =>
  pairsOf(blocks, keyOf(from, mode), keyOf(to, mode));

function layer(plan: LayerPlan, blocks: Blocks, floor: NoiseFloor, rungs: readonly RungSummary[]): Layer {
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

/** A floor above this hides every layer but TLS handshakes. */
const NOISY = 0.1;

function warnOf(session: Session, measurer: Measurer, floor: NoiseFloor): void {
  session.warn(warn.ladderOrder());
  for (const warning of gateWarnings(measurer.kept)) session.warn(warning);
  if (floor.ratio > NOISY) session.warn(warn.noisyMachine(floor.ratio));
  if (measurer.reruns > 0) session.warn(warn.reruns(measurer.reruns, measurer.kept.length + measurer.reruns));
}

/** Every row of a rung in one connection mode, whichever flight it was measured in. */
function rungsOf(rows: readonly Row[]): readonly RungSummary[] {
  const groups = Map.groupBy(rows, (row) => keyOf(row.cell, row.connectionMode));
  return groups
    .values()
    .map((group) => summarise(group))
    .toArray()
    .flat();
}
