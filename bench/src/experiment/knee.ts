// `knee`: the highest rate that is still served well, by doubling until it is not and halving the gap from there.
import type { LoadResult, TimedRun } from '../format/result.ts';
import { machineCard } from '../lab/machine.ts';
import { tollgate } from '../lab/subject/tollgate.ts';
import { type CellPlan, type Driven, type LoadShape, openCell } from './cell.ts';
import type { Session } from './session.ts';
import { driveTarget, findTarget, type TargetOptions } from './target.ts';
import { timedRun } from './timed.ts';

const FIRST_RATE = 100;
const MOST_DOUBLINGS = 12;
/** The answer is known to a twentieth. */
const PRECISION = 0.05;
const STEP_SECONDS = 3;
const P99_MS = 250;

type Step = (rate: number) => Promise<Driven>;

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

const shapeOf = (session: Session, rate: number): LoadShape => ({
  mode: session.options.connectionMode ?? 'new',
  connections: session.options.connections,
  rate,
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
  let low = 0;
  let high = Number.POSITIVE_INFINITY;
  let limiter = `nothing up to ${FIRST_RATE * 2 ** MOST_DOUBLINGS}/s`;
  let rate = FIRST_RATE;
  for (let count = 0; high - low > PRECISION * high || high === Number.POSITIVE_INFINITY; count += 1) {
    session.progress.step(`${rate}/s`, count, count + (Number.isFinite(high) ? 3 : 6));
    const driven = await step(rate);
    runs.push(asRun(driven, `${rate}/s`));
    const fault = whatFailed(driven);
    if (fault === null) low = rate;
    else {
      high = rate;
      limiter = limiterOf(driven, fault);
    }
    if (count >= MOST_DOUBLINGS) break;
    rate = Math.round(Number.isFinite(high) ? (low + high) / 2 : rate * 2);
  }
  return { rate: low, limiter, runs };
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
