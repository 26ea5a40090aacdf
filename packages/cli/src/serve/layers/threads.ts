// The CPU time of this process by who used it: the event loop, V8's helpers, the thread pool.
import { LIVE, readThreadsOf } from '@tollgate/host';

/** Microseconds since the process began; `undefined` where there is no /proc. */
export interface ThreadTimes {
  readonly mainMicros: number;
  /** Threads of V8: they collect garbage and compile beside the main thread. */
  readonly helpersMicros: number;
  /** Threads of libuv: files, names, some of the cryptography. */
  readonly poolMicros: number;
}

export function readOwnThreads(): ThreadTimes | undefined {
  const threads = readThreadsOf(LIVE, process.pid);
  if (!threads.ok) return undefined;
  const times = { mainMicros: 0, helpersMicros: 0, poolMicros: 0 };
  for (const { id, name, cpuMicros } of threads.value) {
    if (id === process.pid) times.mainMicros += cpuMicros;
    else if (name.startsWith('libuv-worker')) times.poolMicros += cpuMicros;
    else times.helpersMicros += cpuMicros;
  }
  return times;
}
