// Two cells side by side, driven in turn at the same rate: the only comparison that a machine which drifts allows.
import type { ConnectionMode } from '../load/spec.ts';
import type { Row } from '../format/row.ts';
import type { Pair } from '../stats/paired.ts';
import { type Cell, type CellPlan, openCell } from './cell.ts';
import { abba, type Side } from './order.ts';
import type { Session } from './session.ts';
import type { Measurer } from './window.ts';

export interface PairPlan {
  readonly group: string;
  readonly mode: ConnectionMode;
  readonly a: CellPlan;
  readonly b: CellPlan;
  /** Blocks of A B B A. */
  readonly blocks: number;
  readonly connections: number;
  readonly warmupMs: number;
  readonly durationMs: number;
  /** Requests per second for both; `undefined`: about half of what the slower one can do. */
  readonly rate: number | undefined;
}

export interface PairRows {
  readonly a: readonly Row[];
  readonly b: readonly Row[];
  /** Costs of neighbours in time: two pairs a block. */
  readonly pairs: readonly Pair[];
  readonly rate: number;
}

export async function measurePair(session: Session, measurer: Measurer, plan: PairPlan): Promise<PairRows> {
  // Each in a fresh pair of namespaces: no TIME_WAIT, no table entry and no ticket of an earlier cell.
  const [a, b] = await openBoth(session, plan);
  try {
    const rate = plan.rate ?? (await commonRate(plan, [a, b]));
    const orders = abba(plan.blocks, session.random);
    const blocks: (readonly SidedRow[])[] = [];
    for (const [block, order] of orders.entries())
      blocks.push(await measureBlock(measurer, plan, { a, b }, rate, block, order));
    return pairUp(blocks, rate);
  } finally {
    await Promise.all([a.close(), b.close()]);
  }
}

async function openBoth(session: Session, plan: PairPlan): Promise<readonly [Cell, Cell]> {
  const [a, b] = await Promise.allSettled([openCell(session, plan.a), openCell(session, plan.b)]);
  if (a.status === 'fulfilled' && b.status === 'fulfilled') return [a.value, b.value];
  if (a.status === 'fulfilled') await a.value.close();
  if (b.status === 'fulfilled') await b.value.close();
  throw a.status === 'rejected' ? a.reason : b.status === 'rejected' ? b.reason : new Error('no cell');
}

/** Of the knee: below it cost is flat, near it queueing costs too. */
const SHARE_OF_CAPACITY = 0.5;
const CAPACITY_MS = 600;

async function commonRate(plan: PairPlan, cells: readonly Cell[]): Promise<number> {
  let slowest = Number.POSITIVE_INFINITY;
  for (const cell of cells) {
    const { report } = await cell.drive({
      mode: plan.mode,
      connections: plan.connections,
      warmupMs: plan.warmupMs,
      durationMs: CAPACITY_MS,
    });
    slowest = Math.min(slowest, (report.good * 1000) / report.durationMs);
  }
  return Math.max(1, Math.round(slowest * SHARE_OF_CAPACITY));
}

interface SidedRow {
  readonly side: Side;
  readonly row: Row;
}

async function measureBlock(
  measurer: Measurer,
  plan: PairPlan,
  cells: Readonly<Record<Side, Cell>>,
  rate: number,
  block: number,
  order: readonly Side[],
): Promise<readonly SidedRow[]> {
  const { mode, connections, warmupMs, durationMs, group } = plan;
  const rows: SidedRow[] = [];
  for (const [position, side] of order.entries()) {
    const shape = { mode, connections, rate, warmupMs, durationMs };
    rows.push({ side, row: await measurer.measure(cells[side], shape, { group, block, position }) });
  }
  return rows;
}

function pairUp(blocks: readonly (readonly SidedRow[])[], rate: number): PairRows {
  const all = blocks.flat();
  const neighbours = blocks.flatMap(([first, second, third, fourth]) => [
    [first, second] as const,
    [third, fourth] as const,
  ]);
  const pairs = neighbours.flatMap(([one, other]) => {
    const from = costOf(one?.side === 'a' ? one : other);
    const to = costOf(one?.side === 'b' ? one : other);
    return from === null || to === null ? [] : [{ from, to }];
  });
  return {
    a: all.filter(({ side }) => side === 'a').map(({ row }) => row),
    b: all.filter(({ side }) => side === 'b').map(({ row }) => row),
    pairs,
    rate,
  };
}

const costOf = (sided: SidedRow | undefined): number | null => sided?.row.cpuMicrosPerRequest ?? null;
