// The threads of one process and how long each has been on a CPU: who of them works, the event loop or its helpers.
import { type HostRoot, map, readLine, readNames, type Reading } from './reading.ts';

export interface ThreadCpu {
  /** Equal to the process's own for its main thread. */
  readonly id: number;
  /** 15 bytes at most, as the kernel cuts it. */
  readonly name: string;
  readonly cpuMicros: number;
}

/** One read for each thread's name and one for its time, some 20 us together. */
export const readThreadsOf = (root: HostRoot, pid: number): Reading<readonly ThreadCpu[]> =>
  map(readNames(root, `proc/${pid}/task`), (names) => names.flatMap((name) => threadOf(root, pid, name)));

/** A thread that has ended since it was listed has no time. */
function threadOf(root: HostRoot, pid: number, thread: string): ThreadCpu[] {
  const name = readLine(root, `proc/${pid}/task/${thread}/comm`);
  const times = readLine(root, `proc/${pid}/task/${thread}/schedstat`);
  if (!name.ok || !times.ok) return [];
  // `time on CPU, time waiting, timeslices` (Documentation/scheduler/sched-stats.rst), in nanoseconds
  return [
    { id: Number(thread), name: name.value.trimEnd(), cpuMicros: Number.parseInt(times.value, 10) / 1000 },
  ];
}
