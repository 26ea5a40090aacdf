// `knee`: the highest rate that is still served well, by doubling until it is not and halving the gap from there.
import type { LoadResult, TimedRun } from '../format/result.ts';
import { machineCard } from '../lab/machine.ts';
import { tollgate } from '../lab/subject/tollgate.ts';
import { type Gap, nextRate } from './bisection.ts';
import { type CellPlan, type Driven, type LoadShape, openCell } from './cell.ts';
import type { Session } from './session.ts';
import { driveTarget, findTarget, type TargetOptions } from './target.ts';
import { timedRun } from './timed.ts';

/** Of what a closed loop gets: well below the knee, and few doublings away from it. */
const FIRST_SHARE = 0.25;
const MOST_STEPS = 20;
const STEP_SECONDS = 3;
const P99_MS = 250;
const QUICK_PRECISION = 0.2;

/** `undefined`: as fast as it goes. */
type Step = (rate: number | undefined) => Promise<Driven>;

/** Without a URL: Tollgate with the app in its process, in a lab of its own. */
export async function knee(
  session: Session,
  url: string | undefined,
  options: TargetOptions,
): Promise<LoadResult> {
  const step = url === undefined ? labStep(session) : await targetStep(session, url, options);
  const found = await search(session, step);
  return {
    kind: 'knee',
    startedAt: session.startedAt.toISOString(),
    command: session.options.command,
    machine: await machineCard(),
    warnings: session.warnings,
    reruns: 0,
    url: url ?? 'the lab: tollgate, app in process',
    runs: found.runs,
    knee: { rate: found.rate, limiter: found.limiter },
  };
}

const SUBJECT: CellPlan = {
  name: 'tollgate, app in process',
  firewall: 'none',
  journal: false,
  subject: (bench) => tollgate(bench, { name: 'tollgate', hop: 'in-process', requestLog: 'off' }),
};

/** Each step in fresh namespaces: what an overload left behind (TIME_WAIT, entries, queues) is gone with them. */
function labStep(session: Session): Step {
  return async (rate) => {
    const cell = await openCell(session, SUBJECT);
    try {
      return await cell.drive(shapeOf(session, rate));
    } finally {
      await cell.close();
    }
  };
}

async function targetStep(session: Session, url: string, options: TargetOptions): Promise<Step> {
  const target = await findTarget(url);
  return (rate) => driveTarget(session, target, options, shapeOf(session, rate));
}

const shapeOf = (session: Session, rate: number | undefined): LoadShape => ({
  mode: session.options.connectionMode ?? 'new',
  connections: session.options.connections,
  ...(rate === undefined ? {} : { rate }),
  warmupMs: 500,
  durationMs: (session.options.seconds ?? STEP_SECONDS) * 1000,
  timeoutMs: 2000,
});

interface Found {
  readonly rate: number;
  readonly limiter: string;
  readonly runs: readonly TimedRun[];
}

async function search(session: Session, step: Step): Promise<Found> {
  const runs: TimedRun[] = [];
  let gap: Gap = { low: 0, high: Number.POSITIVE_INFINITY };
  let limiter = 'nothing that was tried';
  let rate: number | null = await firstRate(session, step);
  while (rate !== null && runs.length < MOST_STEPS) {
    session.progress.step(
      `${rate}/s`,
      runs.length,
      runs.length + (gap.high < Number.POSITIVE_INFINITY ? 3 : 6),
    );
    const driven = await step(rate);
    runs.push(asRun(driven, `${rate}/s`));
    const fault = whatFailed(driven);
    gap = fault === null ? { ...gap, low: rate } : { ...gap, high: rate };
    if (fault !== null) limiter = limiterOf(driven, fault);
    rate = nextRate(gap, rate, session.options.quick ? QUICK_PRECISION : undefined);
  }
  return { rate: gap.low, limiter, runs };
}

async function firstRate(session: Session, step: Step): Promise<number> {
  session.progress.step('as fast as it goes', 0, 8);
  const { report } = await step(undefined);
  return Math.max(4, Math.round((FIRST_SHARE * report.good * 1000) / report.durationMs));
}

const asRun = (driven: Driven, name: string): TimedRun =>
  timedRun(driven, { name, firewall: null, predictedCliffSecond: null, inode: undefined, dummies: 0 });

/** `null`: served well. */
function whatFailed({ report }: Driven): string | null {
  const failed = report.attempts - report.good;
  if (failed > 0.001 * report.attempts) return `${failed} of ${report.attempts} failed`;
  if (report.good < 0.99 * report.offered) return `${report.good} of ${report.offered} offered were answered`;
  const p99 = report.latency?.p99Ms ?? Number.POSITIVE_INFINITY;
  return p99 > P99_MS ? `p99 ${Math.round(p99)} ms` : null;
}

/** Gregg: name the limiter of every result. */
function limiterOf(driven: Driven, fault: string): string {
  const run = asRun(driven, '');
  const generator = driven.report.cpuMicros / (driven.report.durationMs * 1000);
  const busy = Math.max(0, ...run.seconds.map(({ cpuBusy }) => cpuBusy ?? 0));
  if (run.verdict !== null) return `${run.verdict.cause} (${fault})`;
  if (generator > 0.9) return `the generator, ${Math.round(generator * 100)} % of its core (${fault})`;
  if (busy > 0.95) return `the server's core, ${Math.round(busy * 100)} % busy (${fault})`;
  return `not known (${fault})`;
}
