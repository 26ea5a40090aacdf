// CPU of a process and its descendants in nanosecond truth: the sum of every thread's schedstat, kept when a thread ends.
import { type HostRoot, readLine, readNames } from './reading.ts';
import { readTree } from './process.ts';

export interface ProcessCpuReader {
  /** Microseconds on a CPU since this reader began, of the process, its threads and descendants; `null` when it never was there. */
  read(): number | null;
}

/** How many readings pass between two looks for new descendants: walking /proc is the dear part. */
const READINGS_PER_WALK = 10;

/** /proc/PID/stat has whole ticks of 10 ms; schedstat counts nanoseconds, but of one thread each (fs/proc/base.c). */
export function followProcessCpu(root: HostRoot, pid: number): ProcessCpuReader {
  const threads = new Map<string, number>();
  let members: readonly number[] = [pid];
  let readings = 0;
  let started: number | undefined;
  return {
    read() {
      if (readings++ % READINGS_PER_WALK === 0) members = descendants(root, pid) ?? members;
      for (const member of members) readThreads(root, member, threads);
      if (threads.size === 0) return null;
      const total = threads.values().reduce((sum, nanos) => sum + nanos, 0) / 1000;
      started ??= total;
      return total - started;
    },
  };
}

function descendants(root: HostRoot, pid: number): readonly number[] | undefined {
  const tree = readTree(root, pid);
  return tree.ok ? tree.value : undefined;
}

/** A thread that has ended keeps its last reading, so the sum never falls. */
function readThreads(root: HostRoot, pid: number, threads: Map<string, number>): void {
  const names = readNames(root, `proc/${pid}/task`);
  if (!names.ok) return;
  for (const thread of names.value) {
    const text = readLine(root, `proc/${pid}/task/${thread}/schedstat`);
    // `time on CPU, time waiting, timeslices` (Documentation/scheduler/sched-stats.rst)
    const nanos = text.ok ? Number.parseInt(text.value, 10) : Number.NaN;
    if (!Number.isNaN(nanos)) threads.set(`${pid}/${thread}`, nanos);
  }
}

/** Microseconds on a CPU of the threads that a process has now. */
export function readThreadsCpu(root: HostRoot, pid: number): number {
  const threads = new Map<string, number>();
  readThreads(root, pid, threads);
  return threads.values().reduce((sum, nanos) => sum + nanos, 0) / 1000;
}
