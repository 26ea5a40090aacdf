// What `crosscheck` finds and its table shows.
import type { Interval } from './result.ts';

/** Of one tool over one kind of connection; ratios are ours to the tool's, and `null` for our own. */
export interface Crosschecked {
  readonly mode: string;
  readonly tool: string;
  readonly goodPerSecond: number;
  readonly failed: number;
  readonly cpuMicrosPerAnswer: number;
  readonly goodputRatio: Interval | null;
  readonly cpuRatio: Interval | null;
}
