// What the generator is asked and what it answers. It runs as a child process: a LoadSpec in, LoadBuckets and one LoadReport out.

export type ConnectionMode = 'new' | 'resumed' | 'keepalive';

/** Where an attempt ended when it was not good; `ports` is the generator's own fault (EADDRNOTAVAIL). */
export const ERROR_PHASES = [
  'connect-timeout',
  'refused',
  'reset',
  'tls',
  'first-byte',
  'truncated',
  'fin',
  'status',
  'body',
  'ports',
  'files',
] as const;
export type ErrorPhase = (typeof ERROR_PHASES)[number];
export type ErrorCounts = Readonly<Record<ErrorPhase, number>>;

export interface LoadSpec {
  /** IP literal or name; names are resolved once, before anything is timed. */
  readonly host: string;
  readonly port: number;
  readonly scheme: 'http' | 'https';
  readonly path: string;
  /** Host header and SNI; `host` when absent. */
  readonly serverName?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly protocol: 'h1' | 'h2';
  readonly mode: ConnectionMode;
  readonly connections: number;
  /** Concurrent h2 streams per connection. */
  readonly streams?: number;
  /** Requests per second, open loop; absent: closed loop. */
  readonly rate?: number;
  readonly warmupMs: number;
  readonly durationMs: number;
  /** An attempt without an answer for this long is an error of the phase it was in. */
  readonly timeoutMs: number;
  readonly sourceAddresses?: readonly string[];
  readonly verify: boolean;
  readonly caFile?: string;
  readonly expectStatus: number;
  readonly expectBodyBytes?: number;
  /** The connections stay open for the next load of the same process, if that has the same target. */
  readonly keepOpen?: boolean;
}

/**
 * One slice of time, stamped from the start of measuring. An attempt is counted in the slice in which it began and its
 * end in the slice in which it ended; slices at `durationMs` and later hold what was still under way when the time was up.
 */
export interface LoadBucket {
  readonly atMs: number;
  readonly good: number;
  readonly attempts: number;
  readonly errors: number;
  /** The same by phase; without those that did not happen. */
  readonly phases: Readonly<Partial<Record<ErrorPhase, number>>>;
  /** The longest the generator's own event loop was held up: what lies in it is no fault of the server. */
  readonly lateMs: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

export interface LatencySummary {
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
  readonly meanMs: number;
  /** Pairs of upper bound (ms) and cumulative count, for the distribution chart. */
  readonly distribution: readonly (readonly [upToMs: number, count: number])[];
}

/** Every measured attempt ends exactly once: `attempts = good + the sum of errors`. */
export interface LoadReport {
  readonly attempts: number;
  readonly good: number;
  readonly errors: ErrorCounts;
  /** What the warm-up sent, for whoever compares with the server's own counters. */
  readonly warmup: { readonly attempts: number; readonly good: number };
  /** Open loop only: requests that were due but could not be sent on time for want of a free connection. */
  readonly blocked: number;
  readonly offered: number;
  /** Due, but still without a free connection when `timeoutMs` had passed or the run ended: `offered = attempts + unsent`. */
  readonly unsent: number;
  /** Including the warm-up's; not what an earlier load left open. */
  readonly connectionsOpened: number;
  /** TLS handshakes that took up an earlier session, of `connectionsOpened`. */
  readonly sessionsResumed: number;
  readonly bytesRead: number;
  readonly durationMs: number;
  /** When measuring began, on the machine's monotonic clock (`process.hrtime`), to align it with the probes. */
  readonly startedAtMs: number;
  /** The generator's own CPU while measuring. */
  readonly cpuMicros: number;
  /** The longest the generator itself was held up while measuring: what lies in it is no fault of the server. */
  readonly stalledMs: number;
  /** Answers of whatever kind that arrived while measuring: what `cpuMicros` was spent on. */
  readonly ended: number;
  /** From the intended send time (wrk2); `null` when nothing was good. */
  readonly latency: LatencySummary | null;
  /** From the real send time: what the server took, without the generator's own queueing. */
  readonly serviceLatency: LatencySummary | null;
  /** Slices of 100 ms. */
  readonly buckets: readonly LoadBucket[];
  /** The same in slices of a second, with the percentiles of the whole second. */
  readonly seconds: readonly LoadBucket[];
}

export type LoadPhase = 'warmup' | 'measuring' | 'draining';

/** The line-by-line language of the child process. `phase` marks the moments to read other counters at; `startedAtMs` as in the report. */
export type LoadEvent =
  | { readonly phase: LoadPhase; readonly startedAtMs: number }
  | { readonly bucket: LoadBucket }
  | { readonly second: LoadBucket }
  | { readonly report: LoadReport }
  | { readonly error: string };
