// `breakdown`: what each layer adds to the cost of a request, rung by rung, beside the noise floor.
import type { BreakdownPlan } from '../format/line.ts';
import { keyOf } from '../result/breakdown.ts';
import { factorial, FACTORS } from './factorial.ts';
import { measureGroup, type WindowPlan } from './group.ts';
import { type Flight, NOISE, quickLadder } from './ladder.ts';
import type { Session } from './session.ts';
import { type Timetable, timetable } from './timetable.ts';
import { Measurer } from './window.ts';

/** Under four minutes in all, with the report and a slow machine's starting times. */
const BUDGET_MS = 210_000;
const QUICK_BUDGET_MS = 110_000;
/** For the connections to be made: the subject and the generator are warm. */
const WARMUP_MS = 250;
/** Short, so that there are ten of each: from there on the interval shrugs off a disturbed window (decisions/0602). */
const WINDOW_S = 0.4;
const MOST_BLOCKS = 40;

export interface BreakdownOptions {
  /** All combinations too. */
  readonly full: boolean;
  /** For the ladder, in all. */
  readonly budgetSeconds: number | undefined;
  /** Words of layers; empty: all of them. */
  readonly only: readonly string[];
}

export async function breakdown(session: Session, options: BreakdownOptions): Promise<void> {
  const flights = quickLadder(session.isolated, options.only);
  await session.describe(planOf(flights, options.full));
  const measurer = new Measurer(session);
  const table = timetable(session, budgetMs(session, options));
  for (const [done, flight] of flights.entries())
    await climb(session, measurer, table, flight, flights.slice(done + 1));
  if (options.full) await factorial(session, measurer);
}

const planOf = (flights: readonly Flight[], isFull: boolean): BreakdownPlan => ({
  kind: 'breakdown',
  groups: flights.map(({ name }) => name),
  noise: NOISE,
  layers: flights.flatMap(({ name, layers }) => layers.map((layer) => ({ group: name, ...layer }))),
  factors: isFull ? FACTORS : [],
});

const budgetMs = (session: Session, { budgetSeconds }: BreakdownOptions): number =>
  budgetSeconds === undefined ? (session.options.quick ? QUICK_BUDGET_MS : BUDGET_MS) : budgetSeconds * 1000;

/** The time that is left is shared among the flights by the windows they have. */
function climb(
  session: Session,
  measurer: Measurer,
  table: Timetable,
  flight: Flight,
  later: readonly Flight[],
): Promise<void> {
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
