// The comparison from its rows: each subject's cost, and its ratio to the baseline's in the same blocks.
import type { ComparePlan, PlannedWork } from '../format/line.ts';
import type { CompareResult } from '../format/result.ts';
import { pairedRatio } from '../stats/paired.ts';
import { mean } from '../stats/sample.ts';
import { warn } from '../stats/warnings.ts';
import { baseOf } from './base.ts';
import { type Blocks, blocksOf, keptRows, LEAST_PAIRS, needPairs, pairsOf, rowsOf } from './blocks.ts';
import { gateWarnings } from './gates.ts';
import type { Recording } from './recording.ts';
import { costOf, meanOf } from './toll.ts';

type WorkResult = CompareResult['work'][number];

export function compareOf(recording: Recording, { works }: ComparePlan): CompareResult {
  const kept = keptRows(recording.rows);
  if (kept.length + recording.idle.length === 0) needPairs([]);
  const results = works.map((work) => workOf(work, blocksOf(kept, work.family)));
  const absent = works.flatMap((work, at) => absentFrom(work, results[at]));
  return {
    kind: 'compare',
    ...baseOf(recording, {
      warnings: [
        ...gateWarnings(kept),
        // What was cut short did not come to all of them.
        ...(absent.length > 0 && recording.isWhole ? [warn.notMeasured(absent)] : []),
      ],
      reruns: recording.rows.length - kept.length,
      done: `${kept.length} windows`,
    }),
    baseline: 'baseline',
    // One of which nothing but the baseline is left says nothing.
    work: results.filter(({ subjects }) => subjects.length > 1),
    idleMemory: recording.idle,
  };
}

/** The key of a subject's window. */
export const keyOf = (work: Pick<PlannedWork, 'name'>, subject: string): string => `${work.name}: ${subject}`;

/** Only of what had good answers to be held against the baseline's: of the rest there is nothing to draw. */
function workOf(work: PlannedWork, blocks: Blocks): WorkResult {
  return {
    name: work.name,
    connectionMode: work.connectionMode,
    subjects: work.subjects
      .filter((name) => pairsOfWork(work, blocks, name).length >= LEAST_PAIRS)
      .map((name) => {
        const rows = rowsOf(blocks, keyOf(work, name));
        return {
          name,
          cpuMicrosPerRequest: costOf(rows),
          ratio: name === work.baseline ? null : pairedRatio(pairsOfWork(work, blocks, name)),
          goodput: mean(rows.map((row) => (row.good * 1000) / row.durationMs)),
          p99Ms: meanOf(rows.map((row) => row.p99Ms)),
        };
      }),
  };
}

const pairsOfWork = (work: PlannedWork, blocks: Blocks, name: string): ReturnType<typeof pairsOf> =>
  pairsOf(blocks, keyOf(work, work.baseline), keyOf(work, name));

function absentFrom(work: PlannedWork, result: WorkResult | undefined): readonly string[] {
  const measured = new Set(result?.subjects.map(({ name }) => name));
  return work.subjects.flatMap((name) => (measured.has(name) ? [] : [keyOf(work, name)]));
}
