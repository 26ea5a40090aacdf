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
}

/** One 100 ms slice, stamped from the start of measuring; the slices of a second add up to its second. */
export interface LoadBucket {
  readonly atMs: number;
  readonly good: number;
  readonly attempts: number;
  readonly errors: number;
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

export interface LoadReport {
  readonly attempts: number;
  readonly good: number;
  readonly errors: ErrorCounts;
  /** Open loop only: requests that were due but could not be sent on time for want of a free connection. */
  readonly blocked: number;
  readonly offered: number;
  readonly connectionsOpened: number;
  readonly bytesRead: number;
  readonly durationMs: number;
  /** When measuring began, on the machine's monotonic clock (`process.hrtime`), to align it with the probes. */
  readonly startedAtMs: number;
  /** The generator's own CPU while measuring. */
  readonly cpuMicros: number;
  /** From the intended send time (wrk2); `null` when nothing was good. */
  readonly latency: LatencySummary | null;
  readonly buckets: readonly LoadBucket[];
}
