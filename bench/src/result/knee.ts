// The knee from its steps: what each of them taught about the highest rate that is still served well.
import type { LoadResult } from '../format/result.ts';
import { baseOf } from './base.ts';
import { type Driven, lastAttempts, type Recording } from './recording.ts';
import { runGateWarnings } from './run-gates.ts';
import { howFar, timedRun } from './timed.ts';

/** `low`: the highest rate known to be served; `high`: the lowest known not to be; `Infinity`: none yet. */
export interface Gap {
  readonly low: number;
  readonly high: number;
}

export interface Learnt {
  readonly gap: Gap;
  /** Of the lowest rate that was not served: what it met with. */
  readonly limiter: string;
}

export const NOTHING_LEARNT: Learnt = {
  gap: { low: 0, high: Number.POSITIVE_INFINITY },
  limiter: 'nothing that was tried',
};

const P99_MS = 250;
/** A search that has not ended by then is left. */
export const MOST_STEPS = 20;

export function learn({ gap, limiter }: Learnt, rate: number, step: Driven): Learnt {
  const fault = whatFailed(step);
  return fault === null
    ? { gap: { ...gap, low: rate }, limiter }
    : { gap: { ...gap, high: rate }, limiter: limiterOf(step, fault) };
}

export function kneeOf(recording: Recording, url: string): LoadResult {
  // The first, as fast as it goes, only told where to begin.
  const steps = recording.runs.filter(({ plan }) => plan.rate !== null);
  const kept = lastAttempts(steps);
  const { gap, limiter } = kept.reduce(
    (learnt, step) => learn(learnt, step.plan.rate ?? 0, step),
    NOTHING_LEARNT,
  );
  return {
    kind: 'knee',
    ...baseOf(recording, {
      warnings: runGateWarnings(kept),
      reruns: steps.length - kept.length,
      done: howFar(kept, MOST_STEPS),
    }),
    url,
    runs: kept.map((step) => timedRun(step, { ...step.plan, predictedCliffSecond: null })),
    knee: { rate: gap.low, limiter },
  };
}

/** `null`: served well. */
export function whatFailed({ report }: Driven): string | null {
  const failed = report.attempts - report.good;
  if (failed > 0.001 * report.attempts) return `${failed} of ${report.attempts} failed`;
  if (report.good < 0.99 * report.offered) return `${report.good} of ${report.offered} offered were answered`;
  const p99 = report.latency?.p99Ms ?? Number.POSITIVE_INFINITY;
  return p99 > P99_MS ? `p99 ${Math.round(p99)} ms` : null;
}

const BARE = { name: '', firewall: null, predictedCliffSecond: null, inode: null, dummies: 0 };

/** Gregg: name the limiter of every result. */
function limiterOf(driven: Driven, fault: string): string {
  const run = timedRun(driven, BARE);
  const generator = driven.report.cpuMicros / (driven.report.durationMs * 1000);
  const busy = Math.max(0, ...run.seconds.map(({ cpuBusy }) => cpuBusy ?? 0));
  if (run.verdict !== null) return `${run.verdict.cause} (${fault})`;
  if (generator > 0.9) return `the generator, ${Math.round(generator * 100)} % of its core (${fault})`;
  if (busy > 0.95) return `the server's core, ${Math.round(busy * 100)} % busy (${fault})`;
  return `not known (${fault})`;
}
