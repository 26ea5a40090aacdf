// Windows measured side by side become rows: driven in turn, judged by the gates, measured again a bounded number of times if they fail.
import type { Row } from '../format/row.ts';
import type { CoreClock } from '../lab/core-clock.ts';
import type { CoreWork } from '../result/core-work.ts';
import type { LoadReport } from '../load/spec.ts';
import { sum } from '../stats/sample.ts';
import { failedGates } from '../result/gates.ts';
import type { Session } from './session.ts';
import { type Measured, takeTurns, type Turn } from './slices.ts';

/** One group may have so many parts measured again: on a noisy machine a run must still end in time. */
const RERUNS_PER_GROUP = 2;
const MOST_RERUNS_OF_NOTHING = 2;

export interface PartPlace {
  readonly group: string;
  readonly block: number;
  readonly position: number;
}

export class Measurer {
  readonly #session: Session;
  readonly #left = new Map<string, number>();

  constructor(session: Session) {
    this.#session = session;
  }

  /** Keeps a row for each, in their order. One that fails a gate takes those beside it along: they were measured to be compared. */
  async measure(clock: CoreClock, turns: readonly Turn[], place: PartPlace): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      const measured = await takeTurns(clock, turns, this.#session.random);
      const rows = turns.flatMap((turn, at) => {
        const slices = measured[at];
        return slices === undefined ? [] : [rowOf(this.#session, turn, place, attempt, slices)];
      });
      for (const row of rows) this.#session.keep({ line: 'window', ...row });
      if (!this.#mayRerun(place.group, rows, attempt)) return;
    }
  }

  /** Once each, so that a machine that is noisy throughout does not spend them all on one part; an empty window says nothing and is owed more. */
  #mayRerun(group: string, rows: readonly Row[], attempt: number): boolean {
    if (rows.some(({ good }) => good === 0)) return attempt < MOST_RERUNS_OF_NOTHING;
    const left = this.#left.get(group) ?? RERUNS_PER_GROUP;
    if (rows.every(({ gates }) => gates.length === 0) || attempt > 0 || left === 0) return false;
    this.#left.set(group, left - 1);
    return true;
  }
}

function rowOf(session: Session, turn: Turn, place: PartPlace, attempt: number, measured: Measured): Row {
  const { shape } = turn;
  const { reports, work, lateMicros, slices, leftOut } = measured;
  const total = (figure: (report: LoadReport) => number): number => sum(reports.map(figure));
  const counts = {
    attempts: total(({ attempts }) => attempts),
    good: total(({ good }) => good),
    offered: total(({ offered }) => offered),
    blocked: total(({ blocked }) => blocked),
  };
  const generatorMicros = total(({ cpuMicros }) => cpuMicros);
  const errors = total((report) => sum(Object.values(report.errors)));
  const durationMs = total((report) => report.durationMs);
  return {
    experiment: session.kind,
    ...place,
    key: turn.key,
    cell: turn.cell.plan.name,
    attempt,
    startedAt: new Date().toISOString(),
    connectionMode: shape.mode,
    connections: shape.connections,
    rate: shape.rate,
    durationMs,
    slices,
    leftOut,
    ...counts,
    errors,
    p50Ms: meanLatency(reports, 'p50Ms'),
    p99Ms: meanLatency(reports, 'p99Ms'),
    cpu: {
      elapsedMicros: work.elapsedMicros,
      busyMicros: work.busyMicros,
      foreignMicros: work.foreignMicros,
      stealMicros: work.stealMicros,
      lateMicros,
      generatorMicros,
      processMicros: work.processMicros,
    },
    cpuMicrosPerRequest: counts.good === 0 ? null : (ownMicros(work) + lateMicros) / counts.good,
    gates: failedGates({
      ...work,
      ...counts,
      errors,
      opened: measured.opened,
      accepted: measured.accepted,
      generatorMicros,
      durationMs,
      openLoop: true,
      halves: [pace(measured.halves[0]), pace(measured.halves[1])],
    }),
  };
}

const ownMicros = ({ busyMicros, foreignMicros }: CoreWork): number => busyMicros - (foreignMicros ?? 0);

/** Spent per elapsed time, since an open loop sends the same in both halves. */
const pace = (work: CoreWork): number => ownMicros(work) / Math.max(1, work.elapsedMicros);

/** Over the slices, by their answers; histograms of one slice are too small to be kept. */
function meanLatency(reports: readonly LoadReport[], figure: 'p50Ms' | 'p99Ms'): number | null {
  const known = reports.flatMap(({ good, latency }) =>
    latency === null ? [] : [{ good, ms: latency[figure] }],
  );
  const answers = sum(known.map(({ good }) => good));
  return answers === 0 ? null : sum(known.map(({ good, ms }) => good * ms)) / answers;
}
