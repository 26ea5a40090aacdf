// What the server's core was busy with, from counters that are exact here: idle time, and the run time of all tasks on one core.
import { readFileSync } from 'node:fs';
import { type HostSample, type MachineCpu } from '@tollgate/host';
import { mean } from '../stats/sample.ts';

/** A core's number, or all of them taken as one: shares are then of the whole machine. */
export type CoreChoice = number | 'all';

/** One reading; all cumulative. */
export interface CoreReading {
  readonly atMs: number;
  readonly idleMicros: number;
  readonly stealMicros: number;
  /** Run time of every task on this core, whoever owns it; `null` without the cpuacct controller. */
  readonly tasksMicros: number | null;
  /** Of the server's own processes, by name. */
  readonly processMicros: Readonly<Record<string, number | null>>;
}

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

/**
 * Not user + system of /proc/stat: without precise accounting (CONFIG_TICK_CPU_ACCOUNTING, what Debian builds) those are
 * sampled by the tick and were off by ±20 % in a second, while idle time is measured (kernel/time/tick-sched.c) and agreed
 * with the scheduler's own figure within 1 %.
 */
export function coreReading(sample: HostSample, core: CoreChoice): CoreReading {
  const times = timesOf(sample.cpu, core);
  return {
    atMs: sample.atMs,
    idleMicros: times.idle,
    stealMicros: times.steal,
    tasksMicros: readTasksMicros(core),
    processMicros: sample.processMicros,
  };
}

function timesOf(cpu: MachineCpu | null, core: CoreChoice): { idle: number; steal: number } {
  const times = core === 'all' ? cpu?.all : cpu?.cores.get(core);
  if (cpu === null || times === undefined)
    throw new Error(`/proc/stat has no core ${core}: nothing can be measured here`);
  const cores = core === 'all' ? cpu.cores.size : 1;
  return { idle: (times.idleMicros + times.iowaitMicros) / cores, steal: times.stealMicros / cores };
}

const PER_CPU = [
  '/sys/fs/cgroup/cpuacct/cpuacct.usage_percpu',
  '/sys/fs/cgroup/cpu,cpuacct/cpuacct.usage_percpu',
];
let perCpuFile: string | null | undefined;

/** Control groups v1 only: v2 has no figure by core, and then foreign work can be warned of but not taken out. */
function readTasksMicros(core: CoreChoice): number | null {
  if (perCpuFile === null) return null;
  for (const file of perCpuFile === undefined ? PER_CPU : [perCpuFile]) {
    try {
      const nanos = readFileSync(file, 'utf8').trim().split(' ').map(Number);
      perCpuFile = file;
      return (core === 'all' ? mean(nanos) : (nanos[core] ?? Number.NaN)) / 1000;
    } catch {
      // Not mounted there; the next place, or none.
    }
  }
  perCpuFile = null;
  return null;
}

export function workBetween(from: CoreReading, to: CoreReading): CoreWork {
  const elapsedMicros = (to.atMs - from.atMs) * 1000;
  const stealMicros = to.stealMicros - from.stealMicros;
  const busyMicros = Math.max(0, elapsedMicros - (to.idleMicros - from.idleMicros) - stealMicros);
  const processMicros = difference(from.processMicros, to.processMicros);
  const own = Object.values(processMicros).reduce((sum, micros) => sum + micros, 0);
  const tasks =
    from.tasksMicros === null || to.tasksMicros === null ? null : to.tasksMicros - from.tasksMicros;
  const foreignMicros = tasks === null ? null : Math.max(0, Math.min(busyMicros, tasks - own));
  return { elapsedMicros, busyMicros, foreignMicros, stealMicros, processMicros };
}

function difference(
  from: Readonly<Record<string, number | null>>,
  to: Readonly<Record<string, number | null>>,
): Readonly<Record<string, number>> {
  const entries = Object.entries(to).map(
    ([name, micros]) => [name, Math.max(0, (micros ?? 0) - (from[name] ?? 0))] as const,
  );
  return Object.fromEntries(entries);
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
