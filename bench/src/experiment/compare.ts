// `compare`: the same work by Tollgate's engines, nginx, HAProxy and Caddy, in turn inside each block, as ratios to nginx.
import type { PlannedWork } from '../format/line.ts';
import { isInstalled } from '../lab/peers.ts';
import { LEAST_PAIRS } from '../result/blocks.ts';
import { keyOf } from '../result/compare.ts';
import { warn } from '../stats/warnings.ts';
import type { CellPlan } from './cell.ts';
import { measureGroup, type WindowPlan } from './group.ts';
import { idleMemory } from './idle.ts';
import type { Session } from './session.ts';
import { type Timetable, timetable } from './timetable.ts';
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

export async function compare(session: Session, options: CompareOptions): Promise<void> {
  const isThere = presence(session);
  const { works, idle } = chosenWorks(options.only);
  const able = works
    .map((work) => ({ ...work, subjects: work.subjects.filter(isThere) }))
    .filter(({ subjects, baseline }) => subjects.length > 1 && subjects[0]?.name === baseline);
  const holders = idle.filter(isThere);
  await session.describe({ kind: 'compare', works: able.map(planned) });
  const table = timetable(session, options.budgetSeconds * 1000);
  sayPlan(session, options, able, holders);
  const measurer = new Measurer(session);
  // The longest last: what the others leave of their time is its.
  const families = [...Map.groupBy(able, ({ family }) => family).values()].toSorted(
    (one, other) => countWindows(one) - countWindows(other),
  );
  for (const [done, family] of families.entries()) {
    const waiting = countWindows(families.slice(done + 1).flat());
    const deadlineMs = table.deadline(countWindows(family), waiting, holders.length * IDLE_MS);
    await compareAt(session, measurer, table, family, { ...options, deadlineMs });
  }
  for (const plan of holders) {
    table.tell(`idle memory: ${plan.name}`);
    session.keep({ line: 'idle', idle: await idleMemory(session, plan) });
  }
}

const planned = ({ name, family, mode, protocol, baseline, subjects }: Work): PlannedWork => ({
  name,
  family,
  connectionMode: protocol === 'h2' ? 'h2' : mode,
  baseline,
  subjects: subjects.map((subject) => subject.name),
});

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
): Promise<void> {
  const cells = [
    ...new Map(works.flatMap(({ subjects }) => subjects.map((cell) => [cell.name, cell]))).values(),
  ];
  const family = works[0]?.family ?? '';
  table.tell(`${family}: starting ${cells.length} subjects`);
  await measureGroup(session, measurer, {
    name: family,
    cells,
    parts: works.map(windowsOf),
    warmupMs: WARMUP_MS,
    durationMs: (session.options.seconds ?? WINDOW_S) * 1000,
    blocks: { least: Math.min(pairs, LEAST_PAIRS), most: pairs, deadlineMs },
    onBlock: (block) => table.tell(`${family}: block ${block + 1}`),
  });
}

const windowsOf = (work: Work): readonly WindowPlan[] =>
  work.subjects.map(({ name }) => ({
    key: keyOf(work, name),
    cell: name,
    mode: work.mode,
    protocol: work.protocol,
    ...(work.request === undefined ? {} : { request: work.request }),
  }));
