// A run as rows.jsonl has it: lines sorted by what they are about. Of a run that was cut short, what there is.
import type { Description, IdleLine, JournalLoss, Line, RunLine, Sample } from '../format/line.ts';
import type { Warning } from '../format/result.ts';
import type { Row } from '../format/row.ts';
import { errorsIn } from '../load/error-counts.ts';
import type { LoadBucket, LoadReport } from '../load/spec.ts';
import { sum } from '../stats/sample.ts';

/** What a run over time is judged by. */
export interface Driven {
  readonly report: Pick<
    LoadReport,
    | 'startedAtMs'
    | 'durationMs'
    | 'seconds'
    | 'attempts'
    | 'good'
    | 'errors'
    | 'offered'
    | 'latency'
    | 'cpuMicros'
    | 'stalledMs'
  >;
  /** Of the whole drive, warm-up included. */
  readonly samples: readonly Sample[];
  /** What journald threw away; absent where it was not asked, or did not answer. */
  readonly losses?: readonly JournalLoss[];
}

export interface RecordedRun extends Driven {
  readonly plan: RunLine;
  readonly isWhole: boolean;
}

export interface Recording {
  readonly description: Description;
  readonly warnings: readonly Warning[];
  /** Windows, refused ones included. */
  readonly rows: readonly Row[];
  readonly idle: readonly IdleLine['idle'][];
  /** Attempts that were refused included; without those that measured nothing. */
  readonly runs: readonly RecordedRun[];
  /** False: it was killed, or failed. */
  readonly isWhole: boolean;
}

/** `null`: nothing says what these lines were measured for. */
export function recordingOf(lines: readonly Line[]): Recording | null {
  const description = lines.find((line) => line.line === 'description');
  if (description === undefined) return null;
  return {
    description,
    warnings: lines.flatMap((line) => (line.line === 'warning' ? [line.warning] : [])),
    rows: lines.filter((line) => line.line === 'window'),
    idle: lines.flatMap((line) => (line.line === 'idle' ? [line.idle] : [])),
    runs: runsIn(lines),
    isWhole: lines.some((line) => line.line === 'end'),
  };
}

function runsIn(lines: readonly Line[]): readonly RecordedRun[] {
  const starts = lines.flatMap((line, at) => (line.line === 'run' ? [at] : []));
  return starts.flatMap((at, index) => runOf(lines.slice(at, starts[index + 1])) ?? []);
}

function runOf([plan, ...lines]: readonly Line[]): RecordedRun | null {
  const measuring = lines.find((line) => line.line === 'measuring');
  const seconds = lines.filter((line) => line.line === 'second');
  const samples = lines.filter((line) => line.line === 'sample');
  if (plan?.line !== 'run' || measuring === undefined || samples.length === 0) return null;
  const report = lines.find((line) => line.line === 'report');
  const journal = lines.find((line) => line.line === 'journal');
  if (report !== undefined)
    return {
      plan,
      isWhole: true,
      samples,
      report: { ...report, seconds },
      ...(journal && { losses: journal.losses }),
    };
  const measured = seconds.filter(({ atMs }) => atMs < plan.plannedMs);
  return measured.length === 0
    ? null
    : { plan, isWhole: false, samples, report: unfinished(measuring.startedAtMs, measured) };
}

/** What its seconds come to. What only the generator's own account has is not known. */
function unfinished(startedAtMs: number, seconds: readonly LoadBucket[]): Driven['report'] {
  const attempts = sum(seconds.map((second) => second.attempts));
  return {
    startedAtMs,
    durationMs: seconds.length * 1000,
    seconds,
    attempts,
    good: sum(seconds.map(({ good }) => good)),
    errors: errorsIn(seconds),
    offered: attempts,
    latency: null,
    cpuMicros: 0,
    stalledMs: 0,
  };
}

/** Those of one name and attempt after attempt: the last is the one in use. */
export function lastAttempts(runs: readonly RecordedRun[]): readonly RecordedRun[] {
  return runs.filter((run, at) => !runs.slice(at + 1).some(({ plan }) => plan.name === run.plan.name));
}
