// Cells that are compared: all up at once, each in its own lab, driven in turn at one rate, in blocks.
import { type CoreClock, openCoreClock } from '../lab/core-clock.ts';
import type { Subject } from '../lab/subject/contract.ts';
import type { ConnectionMode } from '../load/spec.ts';
import { type Cell, type CellPlan, type LoadShape, openCell } from './cell.ts';
import { mirrored } from './order.ts';
import type { Session } from './session.ts';
import type { Turn } from './slices.ts';
import type { Measurer } from './window.ts';

/** One thing measured in each block: a cell, driven in one way. */
export interface WindowPlan {
  readonly key: string;
  /** Name of a cell of the group. */
  readonly cell: string;
  readonly mode: ConnectionMode;
  readonly protocol?: 'h1' | 'h2';
  /** In place of the subject's own. */
  readonly request?: Pick<Subject, 'path' | 'expect'>;
}

export interface GroupPlan {
  readonly name: string;
  readonly cells: readonly CellPlan[];
  /** Windows that are held against each other stand in one part: driven at one rate, next to each other. */
  readonly parts: readonly (readonly WindowPlan[])[];
  readonly warmupMs: number;
  /** Less when the time would not do for a good number of blocks. */
  readonly durationMs: number;
  readonly blocks: BlockBudget;
  /** Told before each block. */
  readonly onBlock?: (block: number) => void;
}

/** Blocks come in mirrored pairs; after `least` of them, only as many as are likely to be done by the deadline. */
interface BlockBudget {
  readonly least: number;
  readonly most: number;
  /** As `Date.now()`; `Infinity`: as long as it takes. */
  readonly deadlineMs: number;
}

export async function measureGroup(session: Session, measurer: Measurer, plan: GroupPlan): Promise<void> {
  const scope = session.scope.child();
  const cells = new Map<string, Cell>();
  try {
    await openAll(session, plan.cells, cells);
    const rates = await ratesOf(session, plan, cells);
    const clock = await openCoreClock(scope, session.cores.server);
    const timed = fitted(plan);
    await measureBlocks(session, measurer, clock, timed, turnsOf(session, timed, cells, rates));
  } finally {
    await Promise.all([scope.close(), ...cells.values().map((cell) => cell.close())]);
  }
}

/** Two at a time, as there are two cores. */
async function openAll(
  session: Session,
  plans: readonly CellPlan[],
  cells: Map<string, Cell>,
): Promise<void> {
  const queue = plans.values();
  const opener = async (): Promise<void> => {
    for (const plan of queue) cells.set(plan.name, await openCell(session, plan));
  };
  const ends = await Promise.allSettled([opener(), opener()]);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

function shapeOf(session: Session, plan: GroupPlan, window: WindowPlan): LoadShape {
  const { mode, protocol = 'h1', request } = window;
  const { warmupMs, durationMs } = plan;
  const { connections } = session.options;
  return { mode, protocol, connections, warmupMs, durationMs, ...(request === undefined ? {} : { request }) };
}

const cellOf = (cells: ReadonlyMap<string, Cell>, window: WindowPlan): Cell => {
  const cell = cells.get(window.cell);
  if (cell === undefined) throw new Error(`${window.key}: no cell ${window.cell} in this group`);
  return cell;
};

/** Below the knee cost is flat, near it queueing costs too. */
const SHARE_OF_CAPACITY = 0.5;
/** A window must hold some requests, however slow the machine was while its capacity was looked for … */
const LEAST_REQUESTS = 20;
/** … but never more than can be answered: of large bodies few can. */
const MOST_SHARE = 0.8;

/** By a window's key: about half of what the slowest of its part can do. */
async function ratesOf(
  session: Session,
  plan: GroupPlan,
  cells: ReadonlyMap<string, Cell>,
): Promise<ReadonlyMap<string, number>> {
  const rates = new Map<string, number>();
  const least = Math.ceil((LEAST_REQUESTS * 1000) / plan.durationMs);
  for (const part of plan.parts) {
    let slowest = Number.POSITIVE_INFINITY;
    for (const window of part)
      slowest = Math.min(
        slowest,
        await warmUp(session, cellOf(cells, window), shapeOf(session, plan, window)),
      );
    for (const { key } of part) rates.set(key, session.options.rate ?? rateAt(slowest, least));
  }
  return rates;
}

const rateAt = (capacity: number, least: number): number =>
  capacity === 0
    ? least
    : Math.max(1, Math.round(Math.max(capacity * SHARE_OF_CAPACITY, Math.min(least, capacity * MOST_SHARE))));

const ROUND = { warmupMs: 150, durationMs: 600 } as const;
const QUICK_ROUND = { warmupMs: 100, durationMs: 300 } as const;
const MOST_ROUNDS = 3;
const QUICK_ROUNDS = 2;
/** V8 goes on optimising for tens of thousands of requests; a round that gains less than this found it done. */
const GAIN = 1.05;

/** At full speed until it gets no faster, from the second round on over connections that are open; answers what it can do, in good answers a second. */
async function warmUp(session: Session, cell: Cell, shape: LoadShape): Promise<number> {
  const { quick } = session.options;
  let fastest = 0;
  for (let round = 0; round < (quick ? QUICK_ROUNDS : MOST_ROUNDS); round += 1) {
    const { good, durationMs } = await cell.send({ ...shape, ...(quick ? QUICK_ROUND : ROUND) });
    const capacity = (good * 1000) / durationMs;
    if (capacity < GAIN * fastest) return Math.max(capacity, fastest);
    fastest = capacity;
  }
  return fastest;
}

/** Of two pairs an interval says nothing: a t of one degree of freedom is 12.7, of five 2.6. */
const GOOD_PAIRS = 6;
/** Between its slices a window waits for the last answers and the readings: as long again as it measures. */
const MEASURED_SHARE = 0.5;
const LEAST_WINDOW_MS = 200;

/** Where time is short, shorter windows rather than few blocks. */
function fitted(plan: GroupPlan): GroupPlan {
  const { least, most, deadlineMs } = plan.blocks;
  const windows = Math.min(most, Math.max(least, GOOD_PAIRS)) * plan.parts.flat().length;
  const eachMs = ((deadlineMs - Date.now()) / windows) * MEASURED_SHARE;
  const shortest = Math.min(plan.durationMs, LEAST_WINDOW_MS);
  return { ...plan, durationMs: Math.round(Math.min(plan.durationMs, Math.max(shortest, eachMs))) };
}

/** What each window of each part comes to: its cell, driven at its part's rate. */
const turnsOf = (
  session: Session,
  plan: GroupPlan,
  cells: ReadonlyMap<string, Cell>,
  rates: ReadonlyMap<string, number>,
): readonly (readonly Turn[])[] =>
  plan.parts.map((part) =>
    part.map((window) => ({
      key: window.key,
      cell: cellOf(cells, window),
      shape: { ...shapeOf(session, plan, window), rate: rates.get(window.key) ?? LEAST_REQUESTS },
    })),
  );

async function measureBlocks(
  session: Session,
  measurer: Measurer,
  clock: CoreClock,
  plan: GroupPlan,
  turns: readonly (readonly Turn[])[],
): Promise<void> {
  let block = 0;
  const startedMs = Date.now();
  for (const parts of mirrored([turns], session.random)) {
    if (isEnough(plan.blocks, block, Date.now() - startedMs)) break;
    plan.onBlock?.(block);
    for (const [position, part] of parts.entries())
      await measurer.measure(clock, part, { group: plan.name, block, position });
    block += 1;
  }
}

function isEnough({ least, most, deadlineMs }: BlockBudget, done: number, tookMs: number): boolean {
  if (done % 2 === 1 || done < least) return false;
  const nextTwoMs = (2 * tookMs) / Math.max(1, done);
  return done >= most || Date.now() + nextTwoMs > deadlineMs;
}
