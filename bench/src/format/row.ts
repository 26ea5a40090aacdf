// One measured window, as appended to rows.jsonl the moment it is known: every figure and report can be made again from these.

export interface Row {
  readonly experiment: string;
  /** Cells that were up and driven side by side. */
  readonly group: string;
  /** Which of the group's windows: a cell driven in one way. */
  readonly key: string;
  readonly cell: string;
  /** Rows of one block were measured side by side and may be compared. */
  readonly block: number;
  /** Of its part inside the block: those of one part took turns. */
  readonly position: number;
  /** 0 at first; a window that a gate refused is measured again. */
  readonly attempt: number;
  readonly startedAt: string;
  readonly connectionMode: string;
  readonly connections: number;
  /** Requests per second offered; `null`: closed loop. */
  readonly rate: number | null;
  /** Of all slices together. */
  readonly durationMs: number;
  /** Windows of one block and connection mode are cut into so many, which take turns. */
  readonly slices: number;
  /** Slices that were disturbed; they are in no figure. */
  readonly leftOut: number;
  readonly attempts: number;
  readonly good: number;
  readonly errors: number;
  readonly offered: number;
  readonly blocked: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly cpu: RowCpu;
  /** The server's core without foreign work, per good answer; `null` when nothing was good. */
  readonly cpuMicrosPerRequest: number | null;
  /** Names of the validity gates this window did not pass. */
  readonly gates: readonly string[];
}

interface RowCpu {
  readonly elapsedMicros: number;
  readonly busyMicros: number;
  readonly foreignMicros: number | null;
  readonly stealMicros: number;
  /** CPU of the journal between the slices, for lines that were written in them. */
  readonly lateMicros: number;
  readonly generatorMicros: number;
  /** Of the server's side, by program. */
  readonly processMicros: Readonly<Record<string, number>>;
}
