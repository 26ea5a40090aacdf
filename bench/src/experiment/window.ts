// One measured window becomes one row: driven, judged by the gates, measured again a bounded number of times if it fails them.
import type { Row } from '../format/row.ts';
import { type CoreReading, type CoreWork, readingAt, workBetween } from '../lab/accounting.ts';
import type { Cell, Driven, LoadShape } from './cell.ts';
import { failedGates } from './gates.ts';
import type { Session } from './session.ts';

/** One group may be measured again this often in all: on a noisy machine a run must still end in time. */
const RERUNS_PER_GROUP = 3;
const MOST_RERUNS_OF_NOTHING = 2;

export interface WindowPlace {
  readonly group: string;
  readonly key: string;
  readonly block: number;
  readonly position: number;
}

export class Measurer {
  readonly #session: Session;
  readonly #left = new Map<string, number>();
  /** The rows in use: the last attempt of each window. */
  readonly kept: Row[] = [];
  reruns = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  async measure(cell: Cell, shape: LoadShape, place: WindowPlace): Promise<Row> {
    for (let attempt = 0; ; attempt += 1) {
      const row = rowOf(this.#session, cell, shape, place, attempt, await cell.drive(shape));
      this.#session.keepRow(row);
      if (!this.#mayRerun(place.group, row)) {
        this.kept.push(row);
        return row;
      }
      this.reruns += 1;
    }
  }

  /** Once each, so that a machine that is noisy throughout does not spend them all on one window; an empty window says nothing and is owed more. */
  #mayRerun(group: string, row: Row): boolean {
    if (row.good === 0) return row.attempt < MOST_RERUNS_OF_NOTHING;
    const left = this.#left.get(group) ?? RERUNS_PER_GROUP;
    if (row.gates.length === 0 || row.attempt > 0 || left === 0) return false;
    this.#left.set(group, left - 1);
    return true;
  }
}

function rowOf(
  session: Session,
  cell: Cell,
  shape: LoadShape,
  place: WindowPlace,
  attempt: number,
  driven: Driven,
): Row {
  const { report } = driven;
  const work = workWithin(driven, 0, 1);
  const spent = work.busyMicros - (work.foreignMicros ?? 0);
  return {
    experiment: session.kind,
    ...place,
    cell: cell.plan.name,
    attempt,
    startedAt: new Date().toISOString(),
    connectionMode: shape.mode,
    connections: shape.connections,
    rate: shape.rate ?? null,
    durationMs: report.durationMs,
    attempts: report.attempts,
    good: report.good,
    errors: Object.values(report.errors).reduce((sum, count) => sum + count, 0),
    offered: report.offered,
    blocked: report.blocked,
    p50Ms: report.latency?.p50Ms ?? null,
    p99Ms: report.latency?.p99Ms ?? null,
    cpu: {
      elapsedMicros: work.elapsedMicros,
      busyMicros: work.busyMicros,
      foreignMicros: work.foreignMicros,
      stealMicros: work.stealMicros,
      generatorMicros: report.cpuMicros,
      processMicros: work.processMicros,
    },
    cpuMicrosPerRequest: report.good === 0 ? null : spent / report.good,
    gates: failedGates({
      ...work,
      generatorMicros: report.cpuMicros,
      offered: report.offered,
      good: report.good,
      blocked: report.blocked,
      openLoop: shape.rate !== undefined,
      halves: halves(driven),
    }),
  };
}

/** Spent per elapsed time in each half, since an open loop sends the same in both. */
function halves(driven: Driven): readonly [number, number] {
  return [pace(workWithin(driven, 0, 0.5)), pace(workWithin(driven, 0.5, 1))];
}

/** Between two moments of measuring, given as shares of it. */
function workWithin({ report, rows }: Driven, from: number, to: number): CoreWork {
  const cores = rows.map(({ core }) => core);
  const at = (share: number): CoreReading => readingAt(cores, report.startedAtMs + share * report.durationMs);
  return workBetween(at(from), at(to));
}

const pace = (work: CoreWork): number =>
  (work.busyMicros - (work.foreignMicros ?? 0)) / Math.max(1, work.elapsedMicros);
