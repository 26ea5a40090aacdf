// The replayed outage from its rows: each run with its verdict, and what moved it.
import type { CliffResult, TimedRun, Warning } from '../format/result.ts';
import { warn } from '../stats/warnings.ts';
import { baseOf } from './base.ts';
import { predictCliff } from './prediction.ts';
import { lastAttempts, type RecordedRun, type Recording } from './recording.ts';
import { runGateWarnings } from './run-gates.ts';
import { findSweeps, tableReadings } from './table-reading.ts';
import { howFar, timedRun } from './timed.ts';

export function cliffOf(recording: Recording, planned: readonly string[]): CliffResult {
  const kept = lastAttempts(recording.runs);
  const runs = kept.map(runOf);
  return {
    kind: 'cliff',
    ...baseOf(recording, {
      warnings: [...kept.flatMap((recorded, at) => warningsOf(recorded, runs[at])), ...runGateWarnings(kept)],
      reruns: recording.runs.length - kept.length,
      done: howFar(kept, planned.length),
    }),
    runs,
  };
}

const runOf = (recorded: RecordedRun): TimedRun =>
  timedRun(recorded, {
    ...recorded.plan,
    predictedCliffSecond: predictCliff(recorded.samples, recorded.report.startedAtMs),
  });

/** Only of the run whose table is meant to fill: where nothing is tracked, or it never does, nobody waits for its entries. */
function warningsOf(recorded: RecordedRun, run: TimedRun | undefined): readonly Warning[] {
  if (recorded.plan.name !== 'stateful' || run === undefined) return [];
  return [...swept(recorded), ...(recorded.isWhole ? tooShort(run) : [])];
}

function swept({ report, samples }: RecordedRun): readonly Warning[] {
  const sweep = findSweeps(tableReadings(samples, report.startedAtMs)).find(
    ({ atMs }) => atMs > 0 && atMs < report.durationMs,
  );
  return sweep === undefined ? [] : [warn.tableSwept(sweep.freed, sweep.atMs)];
}

function tooShort({ verdict, predictedCliffSecond: predicted, seconds }: TimedRun): readonly Warning[] {
  const isShort = predicted !== null && predicted > seconds.length - 3;
  return isShort && verdict?.cause !== 'conntrack-table-full'
    ? [warn.tableNotFull(predicted, seconds.length)]
    : [];
}
