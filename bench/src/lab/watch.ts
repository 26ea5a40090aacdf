// Probes beside the load: a reading each 100 ms from the server's side of the lab, kept until the cell is over.
import {
  findProcesses,
  type HostSample,
  LIVE,
  openSampler,
  readTcpCounters,
  type TcpCounters,
} from '@tollgate/host';
import type { ProcessVitals } from '../format/result.ts';
import { type CoreChoice, coreReading, type CoreReading } from './accounting.ts';
import type { Scope } from './scope.ts';
import { vitalsOf, type Watched } from './vitals.ts';

const EVERY_MS = 100;

/** The machine's monotonic clock (`process.hrtime`), in ms: the same for every process, which `performance.now()` is not. */
const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;

export interface WatchRow {
  /** Monotonic, as `monotonicMs`. */
  readonly atMs: number;
  readonly sample: HostSample;
  readonly core: CoreReading;
  /** Of the client's namespace: it is the client that repeats a SYN. */
  readonly clientTcp: TcpCounters | null;
  readonly vitals: Readonly<Record<string, ProcessVitals>>;
}

export interface WatchOptions {
  readonly core: CoreChoice;
  readonly netOf: number | undefined;
  readonly clientNetOf: number | undefined;
  readonly processes: Readonly<Record<string, Watched>>;
  readonly kernelLog: boolean;
  readonly onRow?: (row: WatchRow) => void;
}

export interface Watch {
  readonly rows: readonly WatchRow[];
  /** One more reading now: the ends of a window should not wait for the next beat. */
  take(): void;
  /** One more program, from now on. */
  follow(name: string, pid: number): void;
  stop(): void;
}

export function watch(owner: Scope, options: WatchOptions): Watch {
  const rows: WatchRow[] = [];
  const pids = pidsOf(options.processes, options.core);
  const sampler = openSampler({
    ...(options.netOf === undefined ? {} : { netOf: options.netOf }),
    processes: pids,
    kernelLog: options.kernelLog,
  });
  const take = (): void => {
    const beforeMs = monotonicMs();
    const sample = sampler.sample();
    // The middle of the reading: on a crowded core it may have been interrupted.
    const atMs = (beforeMs + monotonicMs()) / 2;
    const row: WatchRow = {
      atMs,
      sample,
      core: { ...coreReading(sample.cpu, options.core), atMs, processMicros: sample.processMicros },
      clientTcp: isLook(rows) ? clientTcp(options) : (rows.at(-1)?.clientTcp ?? null),
      vitals: vitals(rows, options, pids),
    };
    rows.push(row);
    options.onRow?.(row);
  };
  const timer = setInterval(take, EVERY_MS);
  let stopped = false;
  const stop = (): void => {
    if (stopped) return;
    stopped = true;
    clearInterval(timer);
    sampler.close();
  };
  owner.defer(stop);
  take();
  return { rows, take, follow: (name, pid) => sampler.follow(name, pid), stop };
}

/** The core's own softirq thread counts as the server's: it does what the server's interrupts left over. */
export function pidsOf(
  processes: Readonly<Record<string, Watched>>,
  core: CoreChoice,
): Readonly<Record<string, number>> {
  const own = Object.entries(processes).flatMap(([name, { pid }]) =>
    pid === undefined ? [] : [[name, pid] as const],
  );
  const softirq = findProcesses(LIVE, `ksoftirqd/${core === 'all' ? 0 : core}`);
  const thread = softirq.ok ? softirq.value[0] : undefined;
  return Object.fromEntries(thread === undefined ? own : [...own, ['ksoftirqd', thread] as const]);
}

function clientTcp({ clientNetOf }: WatchOptions): TcpCounters | null {
  const reading = readTcpCounters(LIVE, clientNetOf);
  return reading.ok ? reading.value : null;
}

/** Counting open files means listing them, and a repeated SYN takes a second to come: not at every beat. */
const BEATS_PER_LOOK = 10;
const isLook = (rows: readonly WatchRow[]): boolean => rows.length % BEATS_PER_LOOK === 0;

function vitals(
  rows: readonly WatchRow[],
  { processes }: WatchOptions,
  pids: Readonly<Record<string, number>>,
): WatchRow['vitals'] {
  const last = rows.at(-1);
  return last === undefined || isLook(rows) ? vitalsOf(processes, pids) : last.vitals;
}
