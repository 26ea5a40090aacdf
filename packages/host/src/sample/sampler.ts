// One call, one row: everything about the machine that a load test is drawn beside, cheap enough for ten times a second.
import { readConntrackMax, readConntrackStats } from '../probe/conntrack.ts';
import { type MachineCpu, readMachineCpu } from '../probe/cpu.ts';
import { type KernelLine, type KernelLog, openKernelLog } from '../probe/kernel-log.ts';
import { FollowedRoot } from '../probe/followed-file.ts';
import { followProcessCpu, type ProcessCpuReader } from '../probe/process-cpu.ts';
import { readPressure } from '../probe/pressure.ts';
import { type HostRoot, LIVE, type Missing, type Reading } from '../probe/reading.ts';
import { readSocketTotals, type SocketTotals } from '../probe/sockets.ts';
import { readTcpCounters, type TcpCounters } from '../probe/tcp.ts';

export interface SamplerOptions {
  readonly root?: HostRoot;
  /** Sockets, TCP counters and the connection table are those of this process's network namespace. */
  readonly netOf?: number;
  /** Name -> pid; each is followed with its threads and descendants. */
  readonly processes?: Readonly<Record<string, number>>;
  readonly kernelLog?: boolean;
}

/** Counters are cumulative: a rate is the difference of two rows. `null`: could not be read, `gaps` says why. */
export interface HostSample {
  /** Monotonic, `performance.now()`. */
  readonly atMs: number;
  readonly cpu: MachineCpu | null;
  /** Microseconds on a CPU since the sampler began, by the name given. */
  readonly processMicros: Readonly<Record<string, number | null>>;
  readonly conntrack: ConntrackSample | null;
  readonly tcp: TcpCounters | null;
  readonly sockets: SocketTotals | null;
  /** Percent of the last 10 s in which a task waited for a CPU. */
  readonly cpuPressure: number | null;
  /** Kernel log lines since the row before. */
  readonly kernelLines: readonly KernelLine[];
}

export interface ConntrackSample {
  readonly count: number;
  readonly max: number;
  readonly drop: number;
  readonly earlyDrop: number;
  readonly insertFailed: number;
}

export interface Sampler {
  sample(): HostSample;
  /** Follow one more process from now on. */
  follow(name: string, pid: number): void;
  /** What could not be read so far, each file once. */
  readonly gaps: readonly Missing[];
  close(): void;
}

/** What is told in seconds, or hardly ever changes, is not read ten times in each. */
const SAMPLES_PER_LOOK = 10;

export function openSampler(options: SamplerOptions = {}): Sampler {
  return new MachineSampler(options);
}

class MachineSampler implements Sampler {
  readonly #root: FollowedRoot;
  readonly #netOf: number | undefined;
  readonly #processes = new Map<string, ProcessCpuReader>();
  readonly #kernelLog: KernelLog | null;
  readonly #gaps = new Map<string, Missing>();
  #samples = 0;
  #cpuPressure: number | null = null;
  #sockets: SocketTotals | null = null;
  #conntrackMax: number | null = null;

  constructor(options: SamplerOptions) {
    this.#root = new FollowedRoot(options.root ?? LIVE);
    this.#netOf = options.netOf;
    this.#kernelLog = options.kernelLog === true ? this.#take(openKernelLog()) : null;
    for (const [name, pid] of Object.entries(options.processes ?? {})) this.follow(name, pid);
  }

  get gaps(): readonly Missing[] {
    return [...this.#gaps.values()];
  }

  follow(name: string, pid: number): void {
    const reader = followProcessCpu(this.#root, pid);
    reader.read();
    this.#processes.set(name, reader);
  }

  sample(): HostSample {
    const root = this.#root;
    const netOf = this.#netOf;
    if (this.#samples++ % SAMPLES_PER_LOOK === 0) this.#look();
    return {
      atMs: performance.now(),
      cpu: this.#take(readMachineCpu(root)),
      processMicros: this.#processMicros(),
      conntrack: this.#conntrack(),
      tcp: this.#take(readTcpCounters(root, netOf)),
      sockets: this.#sockets,
      cpuPressure: this.#cpuPressure,
      kernelLines: this.#kernelLog?.read() ?? [],
    };
  }

  #processMicros(): Readonly<Record<string, number | null>> {
    return Object.fromEntries(this.#processes.entries().map(([name, reader]) => [name, reader.read()]));
  }

  #conntrack(): ConntrackSample | null {
    const stats = this.#take(readConntrackStats(this.#root, this.#netOf));
    const max = this.#conntrackMax;
    if (stats === null || max === null) return null;
    const { entries, drop, earlyDrop, insertFailed } = stats;
    return { count: entries, max, drop, earlyDrop, insertFailed };
  }

  /** The kernel makes its average of pressure anew every two seconds (kernel/sched/psi.c). */
  #look(): void {
    this.#cpuPressure = this.#take(readPressure(this.#root, 'cpu'))?.someAvg10 ?? null;
    this.#sockets = this.#take(readSocketTotals(this.#root, this.#netOf));
    this.#conntrackMax = this.#take(readConntrackMax(this.#root));
  }

  #take<T>(reading: Reading<T>): T | null {
    if (reading.ok) return reading.value;
    this.#gaps.set(reading.path, reading);
    return null;
  }

  close(): void {
    this.#kernelLog?.close();
    for (const reader of this.#processes.values()) reader.close();
    this.#processes.clear();
    this.#root.close();
  }
}
