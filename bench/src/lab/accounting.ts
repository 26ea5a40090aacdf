// What the server's core is busy with, from counters that are exact here: idle time, and the run time of all tasks on one core.
import { FollowedFile, LIVE, type MachineCpu } from '@tollgate/host';
import type { CoreReading } from '../format/line.ts';
import { mean } from '../stats/sample.ts';

/** A core's number, or all of them taken as one: shares are then of the whole machine. */
export type CoreChoice = number | 'all';

/**
 * Not user + system of /proc/stat: without precise accounting (CONFIG_TICK_CPU_ACCOUNTING, what Debian builds) those are
 * sampled by the tick and were off by ±20 % in a second, while idle time is measured (kernel/time/tick-sched.c) and agreed
 * with the scheduler's own figure within 1 %.
 */
export function coreReading(
  cpu: MachineCpu | null,
  core: CoreChoice,
): Omit<CoreReading, 'atMs' | 'processMicros'> {
  const times = timesOf(cpu, core);
  return { idleMicros: times.idle, stealMicros: times.steal, tasksMicros: readTasksMicros(core) };
}

function timesOf(cpu: MachineCpu | null, core: CoreChoice): { idle: number; steal: number } {
  const times = core === 'all' ? cpu?.all : cpu?.cores.get(core);
  if (cpu === null || times === undefined)
    throw new Error(`/proc/stat has no core ${core}: nothing can be measured here`);
  const cores = core === 'all' ? cpu.cores.size : 1;
  return { idle: (times.idleMicros + times.iowaitMicros) / cores, steal: times.stealMicros / cores };
}

const PER_CPU = [
  'sys/fs/cgroup/cpuacct/cpuacct.usage_percpu',
  'sys/fs/cgroup/cpu,cpuacct/cpuacct.usage_percpu',
];
/** `null`: it was looked for, and is not here. */
let perCpu: FollowedFile | null | undefined;

/** Control groups v1 only: v2 has no figure by core, and then foreign work can be warned of but not taken out. */
function readTasksMicros(core: CoreChoice): number | null {
  if (perCpu === undefined)
    perCpu = PER_CPU.map((path) => new FollowedFile(LIVE, path)).find((file) => file.read().ok) ?? null;
  const text = perCpu?.read();
  if (text?.ok !== true) return null;
  const nanos = text.value.trim().split(' ').map(Number);
  return (core === 'all' ? mean(nanos) : (nanos[core] ?? Number.NaN)) / 1000;
}
