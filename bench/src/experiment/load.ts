// `load URL`: a load test of any site, drawn second by second, with the machine's counters when the site is on it.
import type { Sample } from '../format/line.ts';
import type { LoadBucket } from '../load/spec.ts';
import { type LiveSecond, type LiveState, renderLive } from '../report/live.ts';
import { chartLine } from './chart.ts';
import { plainNote } from './record.ts';
import type { Session } from './session.ts';
import { driveTarget, findTarget, type Target, type TargetOptions } from './target.ts';

const SECONDS = 30;

export async function load(session: Session, url: string, options: TargetOptions): Promise<void> {
  const target = await findTarget(url);
  const mode = session.options.connectionMode ?? 'new';
  const { connections, rate, seconds = SECONDS } = session.options;
  session.progress.say(introduction(target, `${connections} connections, ${mode}, ${seconds} s`));
  await session.describe({ kind: 'load', url });
  await driveTarget(
    session,
    target,
    options,
    { mode, connections, ...(rate === undefined ? {} : { rate }), warmupMs: 0, durationMs: seconds * 1000 },
    plainNote(url),
    { onSecond: liveChart(session, target, seconds) },
  );
}

function introduction(target: Target, how: string): string {
  const where = target.local
    ? `on this machine${'server' in target.processes ? ` (process ${target.processes['server']?.pid})` : ''}`
    : `at ${target.address}: its own counters cannot be seen from here`;
  return `${target.url.href}, ${where}; ${how}`;
}

/** On a terminal a picture of the run so far; elsewhere a line a second, drawn against the best one so far. */
function liveChart(
  { progress }: Session,
  target: Target,
  plannedSeconds: number,
): (second: LoadBucket, sample: Sample | undefined) => void {
  const seconds: LiveSecond[] = [];
  let best = 1;
  return (bucket, sample) => {
    // What came after the end belongs to no second of the test.
    if (bucket.atMs >= plannedSeconds * 1000) return;
    best = Math.max(best, bucket.attempts, bucket.good);
    seconds.push({ ...bucket, goodput: bucket.good });
    if (progress.columns === null) progress.say(chartLine(bucket, best, sample?.conntrack ?? null));
    else
      progress.draw(
        renderLive(
          {
            title: target.url.href,
            plannedSeconds,
            seconds,
            machine: target.local && sample !== undefined ? machineFacts(sample) : [],
            colour: process.env['NO_COLOR'] === undefined,
          },
          progress.columns,
        ),
      );
  };
}

/** What is worth a glance while it runs; in alarm when it is nearly used up. */
function machineFacts({ conntrack, cpuPressure, vitals }: Sample): LiveState['machine'] {
  const files = vitals['server'];
  return [
    ...(conntrack === null || conntrack.count === 0 ? [] : [share('table', conntrack.count, conntrack.max)]),
    ...(files?.openFiles == null || files.fileLimit === null
      ? []
      : [share('files', files.openFiles, files.fileLimit)]),
    ...(cpuPressure === null
      ? []
      : [{ name: 'CPU pressure', text: `${cpuPressure} %`, alarming: cpuPressure > 50 }]),
  ];
}

const share = (name: string, used: number, limit: number): LiveState['machine'][number] => ({
  name,
  text: `${used}/${limit}`,
  alarming: used > 0.9 * limit,
});
