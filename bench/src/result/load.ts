// A load test from its rows: one run, which is never repeated uninvited.
import type { LoadResult } from '../format/result.ts';
import { baseOf } from './base.ts';
import type { Recording } from './recording.ts';
import { runGateWarnings } from './run-gates.ts';
import { howFar, timedRun } from './timed.ts';

export function loadOf(recording: Recording, url: string): LoadResult {
  const { runs } = recording;
  return {
    kind: 'load',
    ...baseOf(recording, { warnings: runGateWarnings(runs), reruns: 0, done: howFar(runs, 1) }),
    url,
    runs: runs.map((run) => timedRun(run, { ...run.plan, predictedCliffSecond: null })),
  };
}
