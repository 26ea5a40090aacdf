// The search for the knee: double while it is served well, then halve the gap, until the answer is known closely enough. Pure.
import type { Gap } from '../result/knee.ts';

/** Of the answer: finer than the knee of a real server is sharp. */
const PRECISION = 0.05;

/** The rate to try next, in whole requests per second; `null`: the gap is closed to `precision`, a share of the answer. */
export function nextRate({ low, high }: Gap, last: number, precision: number = PRECISION): number | null {
  if (high === Number.POSITIVE_INFINITY) return last * 2;
  const middle = Math.round((low + high) / 2);
  const isClosed = high - low <= precision * high || middle <= low || middle >= high;
  return isClosed ? null : middle;
}
