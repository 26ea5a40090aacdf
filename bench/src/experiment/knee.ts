// `knee`: the highest rate that is still served well, by doubling until it is not and halving the gap from there.
import { tollgate } from '../lab/subject/tollgate.ts';
import { learn, type Learnt, MOST_STEPS, NOTHING_LEARNT, whatFailed } from '../result/knee.ts';
import type { Driven } from '../result/recording.ts';
import { nextRate } from './bisection.ts';
import { type CellPlan, type LoadShape, openCell } from './cell.ts';
import { plainNote } from './record.ts';
import { Reruns } from './reruns.ts';
import type { Session } from './session.ts';
import { driveTarget, findTarget, type TargetOptions } from './target.ts';

/** Of what a closed loop gets: well below the knee, and few doublings away from it. */
const FIRST_SHARE = 0.25;
const STEP_SECONDS = 3;
const QUICK_PRECISION = 0.2;
const MOST_RERUNS = 4;
const FASTEST = 'as fast as it goes';

/** Rate `undefined`: as fast as it goes. */
type Step = (rate: number | undefined, attempt: number) => Promise<Driven>;

/** Without a URL: Tollgate with the app in its process, in a lab of its own. */
export async function knee(session: Session, url: string | undefined, options: TargetOptions): Promise<void> {
  const step = url === undefined ? labStep(session) : await targetStep(session, url, options);
  await session.describe({ kind: 'knee', url: url ?? 'the lab: tollgate, app in process' });
  await search(session, step);
}

const SUBJECT: CellPlan = {
  name: 'tollgate, app in process',
  firewall: 'none',
  journal: false,
  subject: (bench) => tollgate(bench, { name: 'tollgate', hop: 'in-process', requestLog: 'off' }),
};

/** Each step in fresh namespaces: what an overload left behind (TIME_WAIT, entries, queues) is gone with them. */
function labStep(session: Session): Step {
  return async (rate, attempt) => {
    const cell = await openCell(session, SUBJECT);
    try {
      return await cell.drive(shapeOf(session, rate), { note: plainNote(nameOf(rate), attempt) });
    } finally {
      await cell.close();
    }
  };
}

async function targetStep(session: Session, url: string, options: TargetOptions): Promise<Step> {
  const target = await findTarget(url);
  return (rate, attempt) =>
    driveTarget(session, target, options, shapeOf(session, rate), plainNote(nameOf(rate), attempt));
}

const nameOf = (rate: number | undefined): string => (rate === undefined ? FASTEST : `${rate}/s`);

const shapeOf = (session: Session, rate: number | undefined): LoadShape => ({
  mode: session.options.connectionMode ?? 'new',
  connections: session.options.connections,
  ...(rate === undefined ? {} : { rate }),
  warmupMs: 500,
  durationMs: (session.options.seconds ?? STEP_SECONDS) * 1000,
  timeoutMs: 2000,
});

async function search(session: Session, step: Step): Promise<void> {
  const { progress, options } = session;
  const reruns = new Reruns(progress, MOST_RERUNS);
  let learnt: Learnt = NOTHING_LEARNT;
  let rate: number | null = await firstRate(session, step);
  for (let steps = 0; rate !== null && steps < MOST_STEPS; steps += 1) {
    const tried: number = rate;
    progress.step(nameOf(tried), steps, steps + (learnt.gap.high < Number.POSITIVE_INFINITY ? 3 : 6));
    const run = (attempt: number): Promise<Driven> => step(tried, attempt);
    // One that was served well in spite of a disturbance has shown what it was run for.
    const driven = await reruns.until(nameOf(tried), run, (tryOut) => whatFailed(tryOut) !== null);
    learnt = learn(learnt, tried, driven);
    rate = nextRate(learnt.gap, tried, options.quick ? QUICK_PRECISION : undefined);
  }
}

async function firstRate(session: Session, step: Step): Promise<number> {
  session.progress.step(FASTEST, 0, 8);
  const { report } = await step(undefined, 0);
  return Math.max(4, Math.round((FIRST_SHARE * report.good * 1000) / report.durationMs));
}
