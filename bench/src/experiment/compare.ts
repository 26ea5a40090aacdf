// `compare`: the same work by Tollgate's engines, nginx, HAProxy and Caddy, in turn inside each block, as ratios to nginx.
import type { CompareResult } from '../format/result.ts';
import type { Row } from '../format/row.ts';
import { machineCard } from '../lab/machine.ts';
import { isInstalled } from '../lab/peers.ts';
import { type Pair, pairedRatio } from '../stats/paired.ts';
import { mean } from '../stats/sample.ts';
import { warn } from '../stats/warnings.ts';
import { type Cell, openCell } from './cell.ts';
import { gateWarnings } from './gates.ts';
import { completeBlocks } from './order.ts';
import type { Session } from './session.ts';
import { costOf, meanOf } from './toll.ts';
import { Measurer } from './window.ts';
import { chosenWorks, type Work } from './works.ts';

export interface CompareOptions {
  /** Blocks: each subject once. */
  readonly pairs: number;
  readonly only: readonly string[];
}

const WARMUP_MS = 400;
const CAPACITY_MS = 700;
const WINDOW_S = 1.5;

type WorkResult = CompareResult['work'][number];

export async function compare(session: Session, options: CompareOptions): Promise<CompareResult> {
  const works = chosenWorks(options.only).map((work) => withoutMissing(session, work));
  const measurer = new Measurer(session);
  const results: WorkResult[] = [];
  for (const [done, work] of works.entries()) {
    session.progress.step(work.name, done, works.length);
    if (work.subjects.length > 1) results.push(await compareAt(session, measurer, work, options.pairs));
  }
  for (const warning of gateWarnings(measurer.kept)) session.warn(warning);
  return {
    kind: 'compare',
    startedAt: session.startedAt.toISOString(),
    command: session.options.command,
    machine: await machineCard(),
    warnings: session.warnings,
    reruns: measurer.reruns,
    baseline: 'nginx',
    work: results,
  };
}

const PEERS = ['nginx', 'haproxy', 'caddy'] as const;

function withoutMissing(session: Session, work: Work): Work {
  const missing = PEERS.filter((peer) => !isInstalled(peer));
  for (const peer of missing) session.warn(warn.missingSubject(peer));
  const isThere = (name: string): boolean => !missing.some((peer) => name.startsWith(peer));
  return { ...work, subjects: work.subjects.filter(({ name }) => isThere(name)) };
}

async function compareAt(
  session: Session,
  measurer: Measurer,
  work: Work,
  blocks: number,
): Promise<WorkResult> {
  const cells: Cell[] = [];
  try {
    for (const plan of work.subjects) cells.push(await openCell(session, plan));
    const rate = session.options.rate ?? (await commonRate(session, work, cells));
    const rows: (readonly Row[])[] = [];
    for (const [block, order] of completeBlocks(cells, blocks, session.random).entries())
      rows.push(await measureBlock(session, measurer, work, rate, block, order));
    return resultOf(work, rows);
  } finally {
    await Promise.all(cells.map((cell) => cell.close()));
  }
}

/** About half of what the slowest can do, the same for all. */
async function commonRate(session: Session, work: Work, cells: readonly Cell[]): Promise<number> {
  const { connections } = session.options;
  const { mode, protocol } = work;
  const capacities: number[] = [];
  for (const cell of cells) {
    const shape = { mode, protocol, connections, warmupMs: WARMUP_MS, durationMs: CAPACITY_MS };
    const { report } = await cell.drive(shape);
    capacities.push((report.good * 1000) / report.durationMs);
  }
  return Math.max(1, Math.round(Math.min(...capacities) / 2));
}

async function measureBlock(
  session: Session,
  measurer: Measurer,
  work: Work,
  rate: number,
  block: number,
  order: readonly Cell[],
): Promise<readonly Row[]> {
  const { connections, seconds = WINDOW_S } = session.options;
  const { mode, protocol, name: group } = work;
  const rows: Row[] = [];
  for (const [position, cell] of order.entries()) {
    const shape = { mode, protocol, connections, rate, warmupMs: WARMUP_MS, durationMs: seconds * 1000 };
    rows.push(await measurer.measure(cell, shape, { group, block, position }));
  }
  return rows;
}

function resultOf(work: Work, blocks: readonly (readonly Row[])[]): WorkResult {
  return {
    name: work.name,
    connectionMode: work.protocol === 'h2' ? 'h2' : work.mode,
    subjects: work.subjects.map(({ name }) => {
      const rows = blocks.flatMap((block) => block.filter(({ cell }) => cell === name));
      const pairs = pairsWith(work.baseline, name, blocks);
      return {
        name,
        cpuMicrosPerRequest: costOf(rows),
        ratio: name === work.baseline || pairs.length === 0 ? null : pairedRatio(pairs),
        goodput: mean(rows.map((row) => (row.good * 1000) / row.durationMs)),
        p99Ms: meanOf(rows.map((row) => row.p99Ms)),
      };
    }),
  };
}

function pairsWith(baseline: string, name: string, blocks: readonly (readonly Row[])[]): readonly Pair[] {
  const costIn = (block: readonly Row[], cell: string): number =>
    block.find((row) => row.cell === cell)?.cpuMicrosPerRequest ?? 0;
  return blocks
    .map((block) => ({ from: costIn(block, baseline), to: costIn(block, name) }))
    .filter(({ from, to }) => from > 0 && to > 0);
}
