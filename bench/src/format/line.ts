// rows.jsonl, line by line as it is written while a run goes on: its description, what it measured, its end. result.json and every report are made from these alone.
import type { LoadBucket, LoadReport } from '../load/spec.ts';
import type { CompareResult, Machine, ProcessVitals, SocketCounts, Warning } from './result.ts';
import type { Row } from './row.ts';

/** What was done, for whoever reads what came of it. */
export interface Description {
  readonly line: 'description';
  readonly startedAt: string;
  readonly command: string;
  readonly machine: Machine;
  readonly plan: Plan;
}

export type Plan =
  | BreakdownPlan
  | CalibrationPlan
  | ComparePlan
  | { readonly kind: 'cliff'; readonly runs: readonly string[] }
  | { readonly kind: 'load' | 'knee'; readonly url: string };

/** Between which rungs of which group each layer's toll lies. */
export interface PlannedLayer {
  readonly group: string;
  readonly layer: string;
  readonly mode: string;
  readonly from: string;
  readonly to: string;
}

export interface BreakdownPlan {
  readonly kind: 'breakdown';
  readonly groups: readonly string[];
  readonly noise: Omit<PlannedLayer, 'group'>;
  readonly layers: readonly PlannedLayer[];
  /** `--full`: what the bits of a combination's number stand for. */
  readonly factors: readonly string[];
}

/** Comparisons of one kind; each has a group of its own, `title, 3 of 8`. */
export interface PlannedComparison {
  readonly what: 'floor' | 'layer' | 'same';
  readonly title: string;
  readonly trueMicros: number;
  readonly times: number;
}

export interface CalibrationPlan {
  readonly kind: 'calibration';
  readonly comparisons: readonly PlannedComparison[];
}

export interface PlannedWork {
  readonly name: string;
  /** Its group of rows. */
  readonly family: string;
  readonly connectionMode: string;
  readonly baseline: string;
  readonly subjects: readonly string[];
}

export interface ComparePlan {
  readonly kind: 'compare';
  readonly works: readonly PlannedWork[];
}

/** Of the place or the machine, not of what was measured: those are told from the rows. */
interface WarningLine {
  readonly line: 'warning';
  readonly warning: Warning;
}

interface WindowLine extends Row {
  readonly line: 'window';
}

export interface IdleLine {
  readonly line: 'idle';
  readonly idle: NonNullable<CompareResult['idleMemory']>[number];
}

/** Begins a run over time; slices, seconds and samples up to the next one are its own. */
export interface RunLine {
  readonly line: 'run';
  readonly name: string;
  readonly firewall: string | null;
  /** 0 at first; one that a gate refused is run again. */
  readonly attempt: number;
  readonly connectionMode: string;
  readonly connections: number;
  /** Requests per second offered; `null`: closed loop. */
  readonly rate: number | null;
  readonly plannedMs: number;
  /** Of the server's network namespace: the kernel's lines about another one are not ours. `null`: all are. */
  readonly inode: number | null;
  /** Entries that make the table small: left out of every figure. */
  readonly dummies: number;
}

/** The warm-up is over. */
interface MeasuringLine {
  readonly line: 'measuring';
  /** On the clock of the samples. */
  readonly startedAtMs: number;
}

/** 100 ms of the load, for the first ten minutes. */
interface SliceLine extends LoadBucket {
  readonly line: 'slice';
}

/** A second of the load, with percentiles of its own. */
interface SecondLine extends LoadBucket {
  readonly line: 'second';
}

/** Of the machine, each 100 ms; after ten minutes of a run each second. */
interface SampleLine extends Sample {
  readonly line: 'sample';
}

/** Lines that journald threw away, when it said so: at the first line after the interval of its rate limit. */
export interface JournalLoss {
  /** On the clock of the samples. */
  readonly atMs: number;
  readonly messages: number;
  readonly unit: string | null;
}

/** Of this machine's journald, asked once when the load on a site here was over. */
interface JournalLine {
  readonly line: 'journal';
  readonly losses: readonly JournalLoss[];
}

/** The generator's account of the run, its warm-up and what was under way at the end included. */
interface ReportLine extends Omit<LoadReport, 'buckets' | 'seconds'> {
  readonly line: 'report';
}

/** Everything was measured. */
interface EndLine {
  readonly line: 'end';
}

export type Line =
  | Description
  | WarningLine
  | WindowLine
  | IdleLine
  | RunLine
  | MeasuringLine
  | SliceLine
  | SecondLine
  | SampleLine
  | JournalLine
  | ReportLine
  | EndLine;

/** One reading of a core; all cumulative. */
export interface CoreReading {
  readonly atMs: number;
  readonly idleMicros: number;
  readonly stealMicros: number;
  /** Run time of every task on this core, whoever owns it; `null` without the cpuacct controller. */
  readonly tasksMicros: number | null;
  /** Of the server's own processes, by name. */
  readonly processMicros: Readonly<Record<string, number | null>>;
}

/** One reading of the machine beside the load. Counters are cumulative; `null`: could not be read. */
export interface Sample {
  /** The machine's monotonic clock (`process.hrtime`), the same for every process. */
  readonly atMs: number;
  /** The longest that the event loop of the bench itself was held up since the sample before. */
  readonly lateMs: number;
  readonly core: CoreReading;
  readonly conntrack: { readonly count: number; readonly max: number; readonly drop: number } | null;
  readonly listenOverflows: number | null;
  /** Of the client's namespace: it is the client that repeats a SYN. */
  readonly synRetransmits: number | null;
  /** Of TCP, in the server's namespace, both ends where client and server share it. */
  readonly sockets: SocketCounts | null;
  /** Percent of the last 10 s in which a task waited for a CPU. */
  readonly cpuPressure: number | null;
  readonly vitals: Readonly<Record<string, ProcessVitals>>;
  /** Of the kernel's log, since the sample before. */
  readonly kernelLines: readonly string[];
}
