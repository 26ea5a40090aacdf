// `load URL`: a load test of any site, drawn second by second, with the machine's counters when the site is on it.
import type { LoadResult, Verdict } from '../format/result.ts';
import type { LoadBucket } from '../load/spec.ts';
import { machineCard } from '../lab/machine.ts';
import type { WatchRow } from '../lab/watch.ts';
import { chartLine } from './chart.ts';
import type { Session } from './session.ts';
import { driveTarget, findTarget, type Target, type TargetOptions } from './target.ts';
import { timedRun } from './timed.ts';

const SECONDS = 30;

export async function load(session: Session, url: string, options: TargetOptions): Promise<LoadResult> {
  const target = await findTarget(url);
  const mode = session.options.connectionMode ?? 'new';
  const { connections, rate, seconds = SECONDS } = session.options;
  session.progress.say(introduction(target, `${connections} connections, ${mode}, ${seconds} s`));
  const driven = await driveTarget(
    session,
    target,
    options,
    { mode, connections, ...(rate === undefined ? {} : { rate }), warmupMs: 0, durationMs: seconds * 1000 },
    { onSecond: liveChart(session) },
  );
  const run = timedRun(driven, {
    name: url,
    firewall: null,
    predictedCliffSecond: null,
    inode: undefined,
    dummies: 0,
  });
  session.progress.say(ending(run.verdict));
  return {
    kind: 'load',
    startedAt: session.startedAt.toISOString(),
    command: session.options.command,
    machine: await machineCard(),
    warnings: session.warnings,
    reruns: 0,
    url,
    runs: [run],
  };
}

function introduction(target: Target, how: string): string {
  const where = target.local
    ? `on this machine${'server' in target.processes ? ` (process ${target.processes['server']?.pid})` : ''}`
    : `at ${target.address}: its own counters cannot be seen from here`;
  return `${target.url.href}, ${where}; ${how}`;
}

/** Each second a line, drawn against the best second so far. */
function liveChart(session: Session): (second: LoadBucket, row: WatchRow | undefined) => void {
  let best = 1;
  return (second, row) => {
    best = Math.max(best, second.attempts, second.good);
    session.progress.say(chartLine(second, best, row?.sample.conntrack ?? null));
  };
}

const ending = (verdict: Verdict | null): string =>
  verdict === null
    ? 'nothing broke that these counters can name'
    : `at second ${verdict.atSecond}: ${verdict.cause}\n  ${verdict.evidence.join('\n  ')}`;
