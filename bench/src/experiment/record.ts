// A run over time, written down as it goes on: what is known of it is on disk, whatever ends it.
import type { JournalLoss, Line, RunLine, Sample } from '../format/line.ts';
import type { LoadListeners } from '../load/run.ts';
import type { LoadBucket, LoadReport, LoadSpec } from '../load/spec.ts';
import type { Session } from './session.ts';

/** What a run is called, and what its figures need to be read. */
export type RunNote = Pick<RunLine, 'name' | 'firewall' | 'attempt' | 'inode' | 'dummies'>;

/** Of a load on which there is no firewall of ours, and no table made small. */
export const plainNote = (name: string, attempt = 0): RunNote => ({
  name,
  firewall: null,
  attempt,
  inode: null,
  dummies: 0,
});

/** As long as the samples: a day's run stays within what a disk has. */
const SLICES_FOR_MS = 600_000;

export interface Recorder extends LoadListeners {
  readonly onSample: (sample: Sample) => void;
  readonly onJournal: (losses: readonly JournalLoss[]) => void;
  readonly onReport: (report: LoadReport) => void;
}

type Shape = Pick<LoadSpec, 'mode' | 'connections' | 'rate' | 'durationMs'>;

export function record(session: Pick<Session, 'keep'>, note: RunNote, shape: Shape): Recorder {
  session.keep({
    line: 'run',
    ...note,
    connectionMode: shape.mode,
    connections: shape.connections,
    rate: shape.rate ?? null,
    plannedMs: shape.durationMs,
  });
  return {
    onPhase: (phase, startedAtMs) => {
      if (phase === 'measuring') session.keep({ line: 'measuring', startedAtMs });
    },
    onBucket: (bucket: LoadBucket) => {
      if (bucket.atMs < SLICES_FOR_MS) session.keep({ line: 'slice', ...bucket });
    },
    onSecond: (second) => session.keep({ line: 'second', ...second }),
    onSample: (sample) => session.keep({ line: 'sample', ...sample }),
    onJournal: (losses) => session.keep({ line: 'journal', losses }),
    onReport: (report) => session.keep(reportLine(report)),
  };
}

/** Its slices and seconds are on lines of their own. */
function reportLine(report: LoadReport): Line {
  const { buckets: _buckets, seconds: _seconds, ...account } = report;
  return { line: 'report', ...account };
}
