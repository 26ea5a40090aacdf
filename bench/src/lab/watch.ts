// Probes beside the load: a reading each 100 ms from the server's side of the lab, kept until the cell is over.
import {
  findProcesses,
  type HostSample,
  LIVE,
  openSampler,
  readTcpCounters,
  readTcpSegments,
  type SocketTotals,
} from '@tollgate/host';
import type { Sample } from '../format/line.ts';
import type { SocketCounts } from '../format/result.ts';
import { type CoreChoice, coreReading } from './accounting.ts';
import type { Scope } from './scope.ts';
import { vitalsOf, type Watched } from './vitals.ts';

const EVERY_MS = 100;
const BEATS_PER_LOOK = 10;
/** Ten minutes: a longer run is sampled each second from there on, so that a day of it can be kept. */
const SAMPLES_AT_EVERY_BEAT = 6000;

/** The machine's monotonic clock (`process.hrtime`), in ms: the same for every process, which `performance.now()` is not. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;

export interface WatchOptions {
  readonly core: CoreChoice;
  readonly netOf: number | undefined;
  readonly clientNetOf: number | undefined;
  readonly processes: Readonly<Record<string, Watched>>;
  readonly kernelLog: boolean;
  readonly onSample?: (sample: Sample) => void;
}

export interface Watch {
  readonly samples: readonly Sample[];
  /** One more reading now: the ends of a window should not wait for the next beat. */
  take(): void;
  /** One more program, from now on. */
  follow(name: string, pid: number): void;
  stop(): void;
}

export function watch(owner: Scope, options: WatchOptions): Watch {
  const samples: Sample[] = [];
  const pids = pidsOf(options.processes, options.core);
  const sampler = openSampler({
    ...(options.netOf === undefined ? {} : { netOf: options.netOf }),
    processes: pids,
    kernelLog: options.kernelLog,
  });
  let beatAtMs = monotonicMs();
  let lateMs = 0;
  const take = (): void => {
    const beforeMs = monotonicMs();
    const read = sampler.sample();
    // The middle of the reading: on a crowded core it may have been interrupted.
    const atMs = (beforeMs + monotonicMs()) / 2;
    const sample = { ...sampleOf(read, atMs, samples, options, pids), lateMs: Math.round(lateMs) };
    lateMs = 0;
    samples.push(sample);
    options.onSample?.(sample);
  };
  let beats = 0;
  const timer = setInterval(() => {
    beats += 1;
    lateMs = Math.max(lateMs, monotonicMs() - beatAtMs - EVERY_MS);
    beatAtMs = monotonicMs();
    if (samples.length < SAMPLES_AT_EVERY_BEAT || beats % BEATS_PER_LOOK === 0) take();
  }, EVERY_MS);
  let stopped = false;
  const stop = (): void => {
    if (stopped) return;
    stopped = true;
    clearInterval(timer);
    sampler.close();
  };
  owner.defer(stop);
  take();
  return { samples, take, follow: (name, pid) => sampler.follow(name, pid), stop };
}

function sampleOf(
  read: HostSample,
  atMs: number,
  samples: readonly Sample[],
  options: WatchOptions,
  pids: Readonly<Record<string, number>>,
): Omit<Sample, 'lateMs'> {
  const last = isLook(samples) ? undefined : samples.at(-1);
  const { conntrack } = read;
  return {
    atMs,
    core: { ...coreReading(read.cpu, options.core), atMs, processMicros: read.processMicros },
    conntrack:
      conntrack === null ? null : { count: conntrack.count, max: conntrack.max, drop: conntrack.drop },
    listenOverflows: read.tcp?.listenOverflows ?? null,
    synRetransmits: last === undefined ? synRetransmits(options) : last.synRetransmits,
    sockets: socketCounts(read.sockets, options, last),
    cpuPressure: read.cpuPressure,
    vitals: last === undefined ? vitalsOf(options.processes, pids) : last.vitals,
    kernelLines: read.kernelLines.map(({ text }) => text),
  };
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

/** How many are established comes from another file than the rest, which is read at each look. */
function socketCounts(
  totals: SocketTotals | null,
  { netOf }: WatchOptions,
  last: Sample | undefined,
): SocketCounts | null {
  if (totals === null) return null;
  const open = totals.inUse + totals.inUse6;
  const established = Math.min(open, last?.sockets?.established ?? readEstablished(netOf));
  return { established, other: open - established, timeWait: totals.timeWait, orphans: totals.orphans };
}

function readEstablished(netOf: number | undefined): number {
  const reading = readTcpSegments(LIVE, netOf);
  return reading.ok ? reading.value.established : 0;
}

function synRetransmits({ clientNetOf }: WatchOptions): number | null {
  const reading = readTcpCounters(LIVE, clientNetOf);
  return reading.ok ? reading.value.synRetransmits : null;
}

/** Counting open files means listing them, and a repeated SYN takes a second to come: not at every beat. */
const isLook = (samples: readonly Sample[]): boolean =>
  samples.length % BEATS_PER_LOOK === 0 || samples.length > SAMPLES_AT_EVERY_BEAT;
