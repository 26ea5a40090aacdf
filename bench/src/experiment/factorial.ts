// `breakdown --full`: every combination of four layers in randomised complete blocks, so that interactions are shared out and not hidden.
import type { BreakdownResult } from '../format/result.ts';
import type { ConnectionMode } from '../load/spec.ts';
import type { FirewallLevel } from '../lab/firewall.ts';
import type { Hop } from '../lab/subject/backend.ts';
import { type RequestLogLevel, tollgate } from '../lab/subject/tollgate.ts';
import { factorialEffects, shapleyShares } from '../stats/factorial.ts';
import { type Cell, type CellPlan, openCell } from './cell.ts';
import { completeBlocks } from './order.ts';
import type { Session } from './session.ts';
import type { Measurer } from './window.ts';

/** Bit of a combination's number -> what is off and on. `tls` is the full handshake that every request pays or none does. */
export const FACTORS = [
  'hop: loopback TCP',
  'tls: new connection',
  'request-log: journald',
  'firewall: stateful',
];
const TLS_BIT = 1;
const COMBINATIONS = 2 ** FACTORS.length;

const WARMUP_MS = 350;
const WINDOW_MS = 1200;
const CAPACITY_MS = 800;

const isOn = (combination: number, bit: number): boolean => ((combination >> bit) & 1) === 1;

export async function factorial(
  session: Session,
  measurer: Measurer,
): Promise<NonNullable<BreakdownResult['factorial']>> {
  const combinations = Array.from({ length: COMBINATIONS }, (_, index) => index);
  const count = session.options.quick ? 3 : 6;
  const values: number[][] = [];
  let rates: Rates | undefined;
  for (const [block, order] of completeBlocks(combinations, count, session.random).entries()) {
    session.progress.step(`all combinations, block ${block + 1} of ${count}`, block, count);
    const cells = await openCells(session);
    try {
      rates ??= await ratesOf(session, cells);
      values.push(await measureBlock(session, measurer, { cells, rates, block, order }));
    } finally {
      await closeAll(cells);
    }
  }
  const complete = values.filter((block) => !block.some(Number.isNaN));
  return {
    effects: factorialEffects(FACTORS, complete),
    shapley: shapleyShares(FACTORS, complete).map(({ name, cpuMicrosPerRequest }) => ({
      name,
      cpuMicrosPerRequest,
    })),
  };
}

/** A subject serves both connection modes, so the bit of TLS needs no cell of its own. */
const cellNumber = (combination: number): number => combination & ~(1 << TLS_BIT);
const modeOf = (combination: number): ConnectionMode => (isOn(combination, TLS_BIT) ? 'new' : 'keepalive');

type Cells = ReadonlyMap<number, Cell>;

/** Fresh ones for each block: no entry, ticket or TIME_WAIT crosses from block to block. One after the other: each is a start of Node. */
async function openCells(session: Session): Promise<Cells> {
  const cells = new Map<number, Cell>();
  for (let combination = 0; combination < COMBINATIONS; combination += 1) {
    if (cellNumber(combination) === combination)
      cells.set(combination, await openCell(session, planOf(combination)));
  }
  return cells;
}

const closeAll = async (cells: Cells): Promise<void> => {
  await Promise.all([...cells.values()].map((cell) => cell.close()));
};

function planOf(combination: number): CellPlan {
  const hop: Hop = isOn(combination, 0) ? 'tcp' : 'in-process';
  const requestLog: RequestLogLevel = isOn(combination, 2) ? 'journald' : 'off';
  const firewall: FirewallLevel = isOn(combination, 3) ? 'stateful' : 'none';
  const name = `hop ${hop}, log ${requestLog}, firewall ${firewall}`;
  return {
    name,
    firewall,
    journal: requestLog === 'journald',
    subject: (bench) => tollgate(bench, { name, hop, requestLog }),
  };
}

type Rates = Readonly<Record<'new' | 'keepalive', number>>;

/** Half of what the dearest combination can do, for each connection mode: the same for all, or costs would not compare. */
async function ratesOf(session: Session, cells: Cells): Promise<Rates> {
  const dearest = cells.get(cellNumber(COMBINATIONS - 1));
  if (dearest === undefined) throw new Error('the dearest combination has no cell');
  const half = async (mode: ConnectionMode): Promise<number> => {
    const { connections } = session.options;
    const shape = { mode, connections, warmupMs: WARMUP_MS, durationMs: CAPACITY_MS };
    const { report } = await dearest.drive(shape);
    return Math.max(1, Math.round((report.good * 500) / report.durationMs));
  };
  return { new: await half('new'), keepalive: await half('keepalive') };
}

interface BlockPlan {
  readonly cells: Cells;
  readonly rates: Rates;
  readonly block: number;
  readonly order: readonly number[];
}

/** Cost by combination; NaN where nothing was good. */
async function measureBlock(
  session: Session,
  measurer: Measurer,
  { cells, rates, block, order }: BlockPlan,
): Promise<number[]> {
  const costs = Array.from({ length: COMBINATIONS }, () => Number.NaN);
  for (const [position, combination] of order.entries()) {
    const cell = cells.get(cellNumber(combination));
    if (cell === undefined) throw new Error(`combination ${combination} has no cell`);
    const mode = modeOf(combination);
    const rate = mode === 'new' ? rates.new : rates.keepalive;
    const { connections } = session.options;
    const shape = { mode, connections, rate, warmupMs: WARMUP_MS, durationMs: WINDOW_MS };
    const row = await measurer.measure(cell, shape, { group: 'factorial', block, position });
    costs[combination] = row.cpuMicrosPerRequest ?? Number.NaN;
  }
  return costs;
}
