// `compare`: the same work by Tollgate's engines, nginx, HAProxy and Caddy, in turn inside each block, as ratios to nginx.
import type { CompareResult } from '../format/result.ts';
import { machineCard } from '../lab/machine.ts';
import { isInstalled } from '../lab/peers.ts';
import { pairedRatio } from '../stats/paired.ts';
import { mean } from '../stats/sample.ts';
import { warn } from '../stats/warnings.ts';
import { type CellPlan, openCell } from './cell.ts';
import { gateWarnings } from './gates.ts';
import { type Blocks, LEAST_PAIRS, measureGroup, pairsOf, rowsOf } from './group.ts';
import { idleMemory } from './idle.ts';
import type { Session } from './session.ts';
import { costOf, meanOf } from './toll.ts';
import { Measurer } from './window.ts';
import { chosenWorks, type Work } from './works.ts';

export interface CompareOptions {
  /** How often each subject is measured beside the baseline; blocks are mirrored, so an even number. */
  readonly pairs: number;
  readonly only: readonly string[];
}

const WARMUP_MS = 400;
const WINDOW_S = 1.5;

type WorkResult = CompareResult['work'][number];

export async function compare(session: Session, options: CompareOptions): Promise<CompareResult> {
  const isThere = presence(session);
  const { works, idle } = chosenWorks(options.only);
  const able = works
    .map((work) => ({ ...work, subjects: work.subjects.filter(isThere) }))
    .filter(({ subjects, baseline }) => subjects.length > 1 && subjects[0]?.name === baseline);
  const steps = able.length + idle.length;
  await preflight(session, [...able.flatMap(({ subjects }) => subjects), ...idle.filter(isThere)]);
  const measurer = new Measurer(session);
  const results: WorkResult[] = [];
  for (const [done, work] of able.entries()) {
    session.progress.step(work.name, done, steps);
    results.push(await compareAt(session, measurer, work, options.pairs));
  }
  const memories: IdleMemories = [];
  for (const [done, plan] of idle.filter(isThere).entries()) {
    session.progress.step(`idle memory: ${plan.name}`, able.length + done, steps);
    memories.push(await idleMemory(session, plan));
  }
  for (const warning of gateWarnings(measurer.kept)) session.warn(warning);
  return {
    kind: 'compare',
    startedAt: session.startedAt.toISOString(),
    command: session.options.command,
    machine: await machineCard(),
    warnings: session.warnings,
    reruns: measurer.reruns,
    baseline: 'baseline',
    work: results,
    idleMemory: memories,
  };
}

/** Every subject starts and answers once before minutes go into any of them. */
async function preflight(session: Session, plans: readonly CellPlan[]): Promise<void> {
  const each = new Map(plans.map((plan) => [plan.name, plan]));
  for (const [done, plan] of [...each.values()].entries()) {
    session.progress.step(`does it answer: ${plan.name}`, done, each.size);
    await (await openCell(session, plan)).close();
  }
}

type IdleMemories = Awaited<ReturnType<typeof idleMemory>>[];

const PEERS = ['nginx', 'haproxy', 'caddy'] as const;

/** A peer that is not installed is left out, and said to be. */
function presence(session: Session): (plan: CellPlan) => boolean {
  const missing = PEERS.filter((peer) => !isInstalled(peer));
  for (const peer of missing) session.warn(warn.missingSubject(peer));
  return ({ name }) => !missing.some((peer) => name.startsWith(peer));
}

async function compareAt(
  session: Session,
  measurer: Measurer,
  work: Work,
  pairs: number,
): Promise<WorkResult> {
  const blocks = await measureGroup(session, measurer, {
    name: work.name,
    cells: work.subjects,
    windows: work.subjects.map(({ name }) => ({
      key: name,
      cell: name,
      mode: work.mode,
      protocol: work.protocol,
    })),
    warmupMs: WARMUP_MS,
    durationMs: (session.options.seconds ?? WINDOW_S) * 1000,
    blocks: { least: pairs, most: pairs, deadlineMs: 0 },
  });
  return resultOf(work, blocks);
}

function resultOf(work: Work, blocks: Blocks): WorkResult {
  return {
    name: work.name,
    connectionMode: work.protocol === 'h2' ? 'h2' : work.mode,
    subjects: work.subjects.map(({ name }) => {
      const rows = rowsOf(blocks, name);
      const pairs = pairsOf(blocks, work.baseline, name);
      return {
        name,
        cpuMicrosPerRequest: costOf(rows),
        ratio: name === work.baseline || pairs.length < LEAST_PAIRS ? null : pairedRatio(pairs),
        goodput: mean(rows.map((row) => (row.good * 1000) / row.durationMs)),
        p99Ms: meanOf(rows.map((row) => row.p99Ms)),
      };
    }),
  };
}
