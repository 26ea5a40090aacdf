// Cells that are compared: all up at once, each in its own lab, driven in turn at one rate, in mirrored blocks.
import type { Row } from '../format/row.ts';
import type { ConnectionMode } from '../load/spec.ts';
import type { Pair } from '../stats/paired.ts';
import { type Cell, type CellPlan, type LoadShape, openCell } from './cell.ts';
import { mirrored } from './order.ts';
import type { Session } from './session.ts';
import type { Measurer } from './window.ts';

/** One thing measured in each block: a cell, driven in one way. */
export interface WindowPlan {
  readonly key: string;
  /** Name of a cell of the group. */
  readonly cell: string;
  readonly mode: ConnectionMode;
  readonly protocol?: 'h1' | 'h2';
}

export interface GroupPlan {
  readonly name: string;
  readonly cells: readonly CellPlan[];
  readonly windows: readonly WindowPlan[];
  readonly warmupMs: number;
  readonly durationMs: number;
  readonly blocks: BlockBudget;
  /** Told before each block. */
  readonly onBlock?: (block: number) => void;
}

/** Blocks come in mirrored pairs; after `least` of them, only as many as are likely to be done by the deadline. */
interface BlockBudget {
  readonly least: number;
  readonly most: number;
  /** As `Date.now()`. */
  readonly deadlineMs: number;
}

/** One map a block, from a window's key to its row. */
export type Blocks = readonly ReadonlyMap<string, Row>[];

export async function measureGroup(session: Session, measurer: Measurer, plan: GroupPlan): Promise<Blocks> {
  const cells = new Map<string, Cell>();
  try {
    await openAll(session, plan.cells, cells);
    const rates = await ratesOf(session, plan, cells);
    return await measureBlocks(session, measurer, plan, cells, rates);
  } finally {
    await Promise.all(cells.values().map((cell) => cell.close()));
  }
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

function shapeOf(session: Session, plan: GroupPlan, window: WindowPlan, rate?: number): LoadShape {
  const { mode, protocol = 'h1' } = window;
  const { warmupMs, durationMs } = plan;
  const { connections } = session.options;
  return { mode, protocol, connections, warmupMs, durationMs, ...(rate === undefined ? {} : { rate }) };
}

const cellOf = (cells: ReadonlyMap<string, Cell>, window: WindowPlan): Cell => {
  const cell = cells.get(window.cell);
  if (cell === undefined) throw new Error(`${window.key}: no cell ${window.cell} in this group`);
  return cell;
};

/** Below the knee cost is flat, near it queueing costs too. */
const SHARE_OF_CAPACITY = 0.5;
/** A window must hold some requests, however slow the machine was while its capacity was looked for. */
const LEAST_REQUESTS = 20;
/** Long enough for V8 to optimise what will be measured: this run at full speed is the subject's warm-up too. */
const CAPACITY = { warmupMs: 800, durationMs: 600 } as const;
const QUICK_CAPACITY = { warmupMs: 100, durationMs: 300 } as const;

/** About half of what the slowest can do, the same for all windows of one connection mode. */
async function ratesOf(
  session: Session,
  plan: GroupPlan,
  cells: ReadonlyMap<string, Cell>,
): Promise<ReadonlyMap<ConnectionMode, number>> {
  const slowest = new Map<ConnectionMode, number>();
  const atFullSpeed = session.options.quick ? QUICK_CAPACITY : CAPACITY;
  for (const window of plan.windows) {
    const shape = { ...shapeOf(session, plan, window), ...atFullSpeed };
    const { report } = await cellOf(cells, window).drive(shape);
    const capacity = (report.good * 1000) / report.durationMs;
    slowest.set(window.mode, Math.min(capacity, slowest.get(window.mode) ?? Number.POSITIVE_INFINITY));
  }
  const { rate } = session.options;
  const least = Math.ceil((LEAST_REQUESTS * 1000) / plan.durationMs);
  const half = (capacity: number): number => Math.max(least, Math.round(capacity * SHARE_OF_CAPACITY));
  return new Map(slowest.entries().map(([mode, capacity]) => [mode, rate ?? half(capacity)]));
}

async function measureBlocks(
  session: Session,
  measurer: Measurer,
  plan: GroupPlan,
  cells: ReadonlyMap<string, Cell>,
  rates: ReadonlyMap<ConnectionMode, number>,
): Promise<Blocks> {
  const blocks: ReadonlyMap<string, Row>[] = [];
  const startedMs = Date.now();
  for (const order of mirrored(plan.windows, session.random)) {
    if (isEnough(plan.blocks, blocks.length, Date.now() - startedMs)) break;
    plan.onBlock?.(blocks.length);
    const rows = new Map<string, Row>();
    for (const [position, window] of order.entries()) {
      const shape = shapeOf(session, plan, window, rates.get(window.mode));
      const place = { group: plan.name, key: window.key, block: blocks.length, position };
      rows.set(window.key, await measurer.measure(cellOf(cells, window), shape, place));
    }
    blocks.push(rows);
  }
  return blocks;
}

function isEnough({ least, most, deadlineMs }: BlockBudget, done: number, tookMs: number): boolean {
  if (done % 2 === 1 || done < least) return false;
  const nextTwoMs = (2 * tookMs) / Math.max(1, done);
  return done >= most || Date.now() + nextTwoMs > deadlineMs;
}
