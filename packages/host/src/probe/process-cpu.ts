// CPU of a process and its descendants in nanosecond truth: the sum of every thread's schedstat, kept when a thread ends.
import { FollowedFile } from './followed-file.ts';
import { type HostRoot, readLine, readNames } from './reading.ts';
import { readTree } from './process.ts';

export interface ProcessCpuReader {
  /** Microseconds on a CPU since this reader began, of the process, its threads and descendants; `null` when it never was there. */
  read(): number | null;
  close(): void;
}

/** How many readings pass between two looks for new threads and descendants: listing them is the dear part. */
const READINGS_PER_LOOK = 10;

/** /proc/PID/stat has whole ticks of 10 ms; schedstat counts nanoseconds, but of one thread each (fs/proc/base.c). */
export function followProcessCpu(root: HostRoot, pid: number): ProcessCpuReader {
  const threads = new Map<string, FollowedThread>();
  let readings = 0;
  let started: number | undefined;
  return {
    read() {
      if (readings++ % READINGS_PER_LOOK === 0) look(root, pid, threads);
      let nanos = 0;
      for (const thread of threads.values()) nanos += thread.read();
      if (threads.size === 0) return null;
      started ??= nanos;
      return (nanos - started) / 1000;
    },
    close() {
      for (const thread of threads.values()) thread.close();
      threads.clear();
    },
  };
}

function look(root: HostRoot, pid: number, threads: Map<string, FollowedThread>): void {
  const tree = readTree(root, pid);
  for (const member of tree.ok ? tree.value : [pid])
    for (const path of threadsOf(root, member))
      if (!threads.has(path)) {
        const thread = new FollowedThread(root, path);
        if (!thread.ended) threads.set(path, thread);
      }
}

const threadsOf = (root: HostRoot, pid: number): readonly string[] => {
  const names = readNames(root, `proc/${pid}/task`);
  return names.ok ? names.value.map((thread) => `proc/${pid}/task/${thread}/schedstat`) : [];
};

/** Keeps its last reading when the thread has ended, so the sum never falls. */
class FollowedThread {
  readonly #file: FollowedFile;
  #nanos = 0;
  ended = false;

  constructor(root: HostRoot, path: string) {
    this.#file = new FollowedFile(root, path);
    this.read();
  }

  read(): number {
    if (this.ended) return this.#nanos;
    const text = this.#file.read();
    // `time on CPU, time waiting, timeslices` (Documentation/scheduler/sched-stats.rst)
    const nanos = text.ok ? Number.parseInt(text.value, 10) : Number.NaN;
    if (Number.isNaN(nanos)) this.close();
    else this.#nanos = nanos;
    return this.#nanos;
  }

  close(): void {
    this.ended = true;
    this.#file.close();
  }
}

/** Microseconds on a CPU of the threads that a process has now. */
export const readThreadsCpu = (root: HostRoot, pid: number): number =>
  threadsOf(root, pid).reduce((sum, path) => sum + readNanos(root, path), 0) / 1000;

function readNanos(root: HostRoot, path: string): number {
  const text = readLine(root, path);
  return text.ok ? Number.parseInt(text.value, 10) || 0 : 0;
}
