// Did a run hold its level? Its best third against its last quarter, each by its middle value.
import type { TimedRun } from '../format/result.ts';

export interface Levels {
  readonly best: number;
  readonly last: number;
}

export function levelsOf({ goodput }: TimedRun): Levels {
  const best = goodput.toSorted((a, b) => b - a).slice(0, Math.ceil(goodput.length / 3));
  const last = goodput.slice(-Math.ceil(goodput.length / 4)).toSorted((a, b) => a - b);
  return { best: best[best.length >> 1] ?? 0, last: last[last.length >> 1] ?? 0 };
}

/** Lost a third or more, but did not collapse. */
export function sank(run: TimedRun): boolean {
  const { best, last } = levelsOf(run);
  return !fell(run) && last < (best * 2) / 3;
}

/** To under a tenth of what it was. */
export function fell(run: TimedRun): boolean {
  const { best, last } = levelsOf(run);
  return last < best / 10;
}

/** Too many for a run of which it could be said that it held. */
const MANY = 0.02;

export function failed({ errors, attempts }: TimedRun): boolean {
  return sum(Object.values(errors)) > MANY * sum(attempts);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
