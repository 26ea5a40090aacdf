// result.json: what a run came to, told from its rows.jsonl.

/** A closed list: each says in `advice` what to do about it. */
export interface Warning {
  readonly id: string;
  readonly message: string;
  readonly advice: string;
}

export interface Interval {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

export interface Machine {
  readonly kernel: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly node: string;
  readonly openssl: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly virtualised: string | null;
}

/** One layer's toll: the CPU it adds to each good request between two rungs of the ladder. */
export interface Layer {
  /** `hop…`, `tls…`, `request-log…` or `firewall…`. */
  readonly layer: string;
  readonly from: string;
  readonly to: string;
  readonly connectionMode: string;
  readonly cpuMicrosPerRequest: Interval;
  /** Of the top rung's whole cost; 0..1. */
  readonly share: number;
  readonly distinguishable: boolean;
  /** Pairs that would tell it from the noise, when these could not. */
  readonly pairsNeeded: number | null;
  readonly p: number | null;
}

export type CauseName =
  | 'conntrack-table-full'
  | 'accept-queue-overflow'
  | 'generator-out-of-ports'
  | 'journald-stall'
  | 'cpu-saturated'
  | 'steal'
  | 'upstream-dead'
  | 'file-limit';

export interface Verdict {
  readonly cause: CauseName;
  readonly atSecond: number;
  readonly evidence: readonly string[];
}

/** One program of the server's side, looked at in passing. */
export interface ProcessVitals {
  /** As in /proc/PID/stat: R, S, D, T (stopped), Z; `null`: it has ended. */
  readonly state: string | null;
  readonly openFiles: number | null;
  readonly fileLimit: number | null;
}

/** By state, as far as the kernel counts them itself: to list them by state costs more than 1 % of a core. */
export interface SocketCounts {
  /** ESTABLISHED or CLOSE_WAIT. */
  readonly established: number;
  /** Listening, being opened or being closed. */
  readonly other: number;
  readonly timeWait: number;
  /** Of `other` or `established`: closed by their program, but not by TCP. */
  readonly orphans: number;
}

/** Aligned with the load's seconds; a probe that could not be read is null. Counters are what the second added. */
export interface SecondSample {
  readonly second: number;
  readonly goodput: number;
  readonly attempts: number;
  readonly errors: number;
  /** Errors by the phase in which they ended; without those that did not happen. */
  readonly phases: Readonly<Record<string, number>>;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly conntrack: number | null;
  readonly conntrackMax: number | null;
  readonly conntrackDrops: number | null;
  readonly listenOverflows: number | null;
  readonly synRetransmits: number | null;
  readonly sockets: SocketCounts | null;
  /** Lines that journald threw away; `null`: nobody asked it, or it could not be asked. */
  readonly suppressed: number | null;
  /** The longest delay of the event loops of the bench, ms: what lies in it is no fault of the server. */
  readonly heldUpMs: { readonly generator: number; readonly sampler: number };
  /** Of the server's core, 0..1. */
  readonly cpuBusy: number | null;
  readonly steal: number | null;
  /** Share of the server's core that went to programs which are not the server's. */
  readonly foreign: number | null;
  /** CPU share by named process, 0..1 of one core. */
  readonly processes: Readonly<Record<string, number>>;
  readonly vitals: Readonly<Record<string, ProcessVitals>>;
}

interface ResultBase {
  readonly kind: string;
  readonly startedAt: string;
  readonly command: string;
  readonly machine: Machine;
  readonly warnings: readonly Warning[];
  readonly reruns: number;
}

export interface RungSummary {
  readonly name: string;
  readonly connectionMode: string;
  readonly cpuMicrosPerRequest: Interval;
  readonly processes: Readonly<Record<string, number>>;
  readonly goodput: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

export interface BreakdownResult extends ResultBase {
  readonly kind: 'breakdown';
  readonly noiseFloor: { readonly cpuMicrosPerRequest: number; readonly ratio: number };
  readonly rungs: readonly RungSummary[];
  readonly layers: readonly Layer[];
  /** `--full` only. */
  readonly factorial?: {
    readonly effects: readonly {
      readonly name: string;
      readonly cpuMicrosPerRequest: Interval;
      readonly p: number;
    }[];
    readonly shapley: readonly {
      readonly name: string;
      readonly cpuMicrosPerRequest: Interval;
      /** Of what all factors cost together, 0..1. */
      readonly share: Interval;
    }[];
  };
}

export interface TimedRun {
  readonly name: string;
  readonly firewall: string | null;
  readonly goodput: readonly number[];
  readonly attempts: readonly number[];
  readonly conntrack: readonly (number | null)[];
  /** Of all attempts, those still under way at the end included; by phase, without those that did not happen. */
  readonly errors: Readonly<Record<string, number>>;
  readonly seconds: readonly SecondSample[];
  readonly predictedCliffSecond: number | null;
  readonly verdict: Verdict | null;
  readonly kernelLog: readonly string[];
  /** Names of the validity gates this run did not pass, and no repetition of it either. */
  readonly gates: readonly string[];
  readonly distribution: readonly (readonly [upToMs: number, count: number])[];
}

export interface CliffResult extends ResultBase {
  readonly kind: 'cliff';
  readonly runs: readonly TimedRun[];
}

export interface LoadResult extends ResultBase {
  readonly kind: 'load' | 'knee';
  readonly url: string;
  readonly runs: readonly TimedRun[];
  readonly knee?: { readonly rate: number; readonly limiter: string };
}

export interface CompareResult extends ResultBase {
  readonly kind: 'compare';
  /** Resident memory that each idle keep-alive TLS connection adds to the front. */
  readonly idleMemory?: readonly {
    readonly name: string;
    readonly connections: number;
    readonly bytesPerConnection: number;
  }[];
  readonly baseline: string;
  readonly work: readonly {
    readonly name: string;
    readonly connectionMode: string;
    readonly subjects: readonly {
      readonly name: string;
      readonly cpuMicrosPerRequest: Interval;
      /** Paired ratio to the baseline; null for the baseline itself. */
      readonly ratio: Interval | null;
      readonly goodput: number;
      readonly p99Ms: number | null;
    }[];
  }[];
}

export interface CalibrationResult extends ResultBase {
  readonly kind: 'calibration';
  readonly layers: readonly { readonly trueMicros: number; readonly recovered: Interval }[];
  /** The same against itself: how many of these runs claimed a difference. */
  readonly selfTests: { readonly runs: number; readonly distinguishable: number };
  readonly noiseFloor: { readonly cpuMicrosPerRequest: number; readonly ratio: number };
}

export type Result = BreakdownResult | CliffResult | LoadResult | CompareResult | CalibrationResult;
