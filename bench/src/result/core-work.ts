// What one core did between two readings of its counters. Pure.
import type { CoreReading } from '../format/line.ts';
import { sum } from '../stats/sample.ts';

/** What one core did between two readings. */
export interface CoreWork {
  readonly elapsedMicros: number;
  /** Elapsed time less idle and stolen time: tasks, and the interrupts that ran while no task did. */
  readonly busyMicros: number;
  /** Tasks that are none of the server's; `null` when this machine cannot tell. */
  readonly foreignMicros: number | null;
  readonly stealMicros: number;
  readonly processMicros: Readonly<Record<string, number>>;
}

/** From one reading to another. */
export interface Span {
  readonly from: CoreReading;
  readonly to: CoreReading;
}

export const workBetween = (from: CoreReading, to: CoreReading): CoreWork => workOf(sumOf([{ from, to }]));

/** What was added in all of them together, as a reading that began at nothing. */
export function sumOf(spans: readonly Span[]): CoreReading {
  const added = (figure: (reading: CoreReading) => number): number =>
    sum(spans.map(({ from, to }) => figure(to) - figure(from)));
  const isKnown = spans.every(({ from, to }) => from.tasksMicros !== null && to.tasksMicros !== null);
  const names = new Set(spans.flatMap(({ to }) => Object.keys(to.processMicros)));
  const grown = (name: string): number =>
    sum(
      spans.map(({ from, to }) =>
        Math.max(0, (to.processMicros[name] ?? 0) - (from.processMicros[name] ?? 0)),
      ),
    );
  return {
    atMs: added(({ atMs }) => atMs),
    idleMicros: added(({ idleMicros }) => idleMicros),
    stealMicros: added(({ stealMicros }) => stealMicros),
    tasksMicros: isKnown ? added(({ tasksMicros }) => tasksMicros ?? 0) : null,
    processMicros: Object.fromEntries([...names].map((name) => [name, grown(name)])),
  };
}

/** Of a sum: bounds hold for all of it, so that errors of single readings can cancel out before. */
export function workOf(total: CoreReading): CoreWork {
  const elapsedMicros = total.atMs * 1000;
  const { stealMicros, tasksMicros } = total;
  const busyMicros = Math.max(0, elapsedMicros - total.idleMicros - stealMicros);
  const processMicros = Object.fromEntries(
    Object.entries(total.processMicros).map(([name, micros]) => [name, micros ?? 0]),
  );
  const own = sum(Object.values(processMicros));
  const foreignMicros = tasksMicros === null ? null : Math.max(0, Math.min(busyMicros, tasksMicros - own));
  return { elapsedMicros, busyMicros, foreignMicros, stealMicros, processMicros };
}

/** The state at a moment between two readings, in proportion: readings come each 100 ms, windows begin when they like. */
export function readingAt(readings: readonly CoreReading[], atMs: number): CoreReading {
  const next = readings.findIndex((reading) => reading.atMs >= atMs);
  const after = readings[next === -1 ? readings.length - 1 : next];
  const before = readings[Math.max(0, (next === -1 ? readings.length : next) - 1)];
  if (after === undefined || before === undefined) throw new Error('no readings were taken');
  const share = after.atMs === before.atMs ? 0 : clamp((atMs - before.atMs) / (after.atMs - before.atMs));
  const between = (a: number, b: number): number => a + (b - a) * share;
  const names = Object.keys(after.processMicros);
  return {
    atMs: between(before.atMs, after.atMs),
    idleMicros: between(before.idleMicros, after.idleMicros),
    stealMicros: between(before.stealMicros, after.stealMicros),
    tasksMicros:
      before.tasksMicros === null || after.tasksMicros === null
        ? null
        : between(before.tasksMicros, after.tasksMicros),
    processMicros: Object.fromEntries(
      names.map((name) => [name, between(before.processMicros[name] ?? 0, after.processMicros[name] ?? 0)]),
    ),
  };
}

const clamp = (share: number): number => Math.min(1, Math.max(0, share));
