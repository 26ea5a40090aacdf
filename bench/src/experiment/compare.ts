// `compare`: the same work by Tollgate's engines, nginx, HAProxy and Caddy, in turn inside each block, as ratios to nginx.
import type { CompareResult } from '../format/result.ts';
import { machineCard } from '../lab/machine.ts';
import { isInstalled } from '../lab/peers.ts';
import { pairedRatio } from '../stats/paired.ts';
import { mean } from '../stats/sample.ts';
import { warn } from '../stats/warnings.ts';
import type { CellPlan } from './cell.ts';
import { gateWarnings } from './gates.ts';
import { type Blocks, LEAST_PAIRS, measureGroup, pairsOf, rowsOf, type WindowPlan } from './group.ts';
import { idleMemory } from './idle.ts';
import type { Session } from './session.ts';
import { type Timetable, timetable } from './timetable.ts';
import { costOf, meanOf } from './toll.ts';
import { Measurer } from './window.ts';
import { chosenWorks, type Work } from './works.ts';

export interface CompareOptions {
  /** At most so often each subject is measured beside the baseline; blocks are mirrored, so an even number. */
  readonly pairs: number;
  readonly only: readonly string[];
  /** For all of it. */
  readonly budgetSeconds: number;
}

const WARMUP_MS = 350;
const WINDOW_S = 1;
/** A start, two settlings and two thousand handshakes. */
const IDLE_MS = 12_000;

type WorkResult = CompareResult['work'][number];

export async function compare(session: Session, options: CompareOptions): Promise<CompareResult> {
  const isThere = presence(session);
  const { works, idle } = chosenWorks(options.only);
  const able = works
    .map((work) => ({ ...work, subjects: work.subjects.filter(isThere) }))
    .filter(({ subjects, baseline }) => subjects.length > 1 && subjects[0]?.name === baseline);
  const holders = idle.filter(isThere);
  const table = timetable(session, options.budgetSeconds * 1000);
  sayPlan(session, options, able, holders);
  const measurer = new Measurer(session);
  const results: WorkResult[] = [];
  // The longest last: what the others leave of their time is its.
  const families = [...Map.groupBy(able, ({ family }) => family).values()].toSorted(
    (one, other) => countWindows(one) - countWindows(other),
  );
  for (const [done, family] of families.entries()) {
    const waiting = countWindows(families.slice(done + 1).flat());
    const deadlineMs = table.deadline(countWindows(family), waiting, holders.length * IDLE_MS);
    results.push(...(await compareAt(session, measurer, table, family, { ...options, deadlineMs })));
  }
  const memories: IdleMemories = [];
  for (const plan of holders) {
    table.tell(`idle memory: ${plan.name}`);
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
    work: told(session, able, results),
    idleMemory: memories,
  };
}

const countWindows = (works: readonly Work[]): number =>
  works.reduce((sum, { subjects }) => sum + subjects.length, 0);

/** What will be done, before minutes go into it. */
function sayPlan(
  session: Session,
  { pairs, budgetSeconds }: CompareOptions,
  works: readonly Work[],
  idle: readonly CellPlan[],
): void {
  const { progress } = session;
  progress.say(`compare: at most ${budgetSeconds} s, and ${pairs} times each:`);
  for (const { name, subjects } of works)
    progress.say(`  ${name}: ${subjects.map((subject) => subject.name).join(', ')}`);
  if (idle.length > 0) progress.say(`  idle memory: ${idle.map(({ name }) => name).join(', ')}`);
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
  table: Timetable,
  works: readonly Work[],
  { pairs, deadlineMs }: CompareOptions & { readonly deadlineMs: number },
): Promise<readonly WorkResult[]> {
  const cells = [
    ...new Map(works.flatMap(({ subjects }) => subjects.map((cell) => [cell.name, cell]))).values(),
  ];
  const family = works[0]?.family ?? '';
  table.tell(`${family}: starting ${cells.length} subjects`);
  const blocks = await measureGroup(session, measurer, {
    name: family,
    cells,
    parts: works.map(windowsOf),
    warmupMs: WARMUP_MS,
    durationMs: (session.options.seconds ?? WINDOW_S) * 1000,
    blocks: { least: Math.min(pairs, LEAST_PAIRS), most: pairs, deadlineMs },
    onBlock: (block) => table.tell(`${family}: block ${block + 1}`),
  });
  return works.map((work) => resultOf(work, blocks));
}

const windowsOf = (work: Work): readonly WindowPlan[] =>
  work.subjects.map(({ name }) => ({
    key: keyOf(work, name),
    cell: name,
    mode: work.mode,
    protocol: work.protocol,
    ...(work.request === undefined ? {} : { request: work.request }),
  }));

const keyOf = (work: Work, subject: string): string => `${work.name}: ${subject}`;

/** Only of what had good answers to be held against the baseline's: of the rest there is nothing to draw. */
function resultOf(work: Work, blocks: Blocks): WorkResult {
  return {
    name: work.name,
    connectionMode: work.protocol === 'h2' ? 'h2' : work.mode,
    subjects: work.subjects
      .filter(({ name }) => pairsOfWork(work, blocks, name).length >= LEAST_PAIRS)
      .map(({ name }) => {
        const rows = rowsOf(blocks, keyOf(work, name));
        return {
          name,
          cpuMicrosPerRequest: costOf(rows),
          ratio: name === work.baseline ? null : pairedRatio(pairsOfWork(work, blocks, name)),
          goodput: mean(rows.map((row) => (row.good * 1000) / row.durationMs)),
          p99Ms: meanOf(rows.map((row) => row.p99Ms)),
        };
      }),
  };
}

const pairsOfWork = (work: Work, blocks: Blocks, name: string): ReturnType<typeof pairsOf> =>
  pairsOf(blocks, keyOf(work, work.baseline), keyOf(work, name));

/** In the order of the works. One of which nothing but the baseline is left says nothing. */
function told(
  session: Session,
  works: readonly Work[],
  results: readonly WorkResult[],
): readonly WorkResult[] {
  const found = works.flatMap(({ name }) => results.filter((result) => result.name === name));
  const absent = works.flatMap((work, index) => {
    const measured = new Set(found[index]?.subjects.map(({ name }) => name));
    return work.subjects.flatMap(({ name }) => (measured.has(name) ? [] : [keyOf(work, name)]));
  });
  if (absent.length > 0) session.warn(warn.notMeasured(absent));
  return found.filter(({ subjects }) => subjects.length > 1);
}
