// The connection table over a run, as it was read; and when the kernel swept it.
import type { Sample } from '../format/line.ts';

export interface TableReading {
  /** From the start of measuring. */
  readonly atMs: number;
  readonly count: number;
  readonly free: number;
}

export const tableReadings = (samples: readonly Sample[], startedAtMs: number): readonly TableReading[] =>
  samples.flatMap(({ atMs, conntrack }) =>
    conntrack === null
      ? []
      : [{ atMs: atMs - startedAtMs, count: conntrack.count, free: conntrack.max - conntrack.count }],
  );

export interface Sweep {
  readonly atMs: number;
  /** Entries that were there at the reading before. */
  readonly freed: number;
  /** Of the first reading after it. */
  readonly index: number;
}

/** Of the room at the start: entries that expire by themselves go a few at a time. */
const SWEPT = 0.1;

/**
 * A table that was once full is swept at the kernel's next walk over it, within a minute: while it is over 95 % full, the
 * entries of closed connections go all at once (nf_conntrack_core.c, gc_worker and gc_worker_can_early_drop).
 */
export function findSweeps(readings: readonly TableReading[]): readonly Sweep[] {
  const room = readings[0]?.free ?? 0;
  return readings.flatMap(({ atMs, count }, index) => {
    const freed = (readings[index - 1]?.count ?? count) - count;
    return freed > SWEPT * room ? [{ atMs, freed, index }] : [];
  });
}
