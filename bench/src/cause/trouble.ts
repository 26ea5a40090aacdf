// Whether a run went wrong at all, and when: without trouble there is no cause to look for.
import type { SecondSample } from '../format/result.ts';
import { findCollapse, findOutage } from './change-point.ts';

export interface Trouble {
  readonly atSecond: number;
  readonly evidence: string;
  /** Until the end of the run, or for most of what was left of it: not an outage that was over again. */
  readonly lasts: boolean;
  /** The seconds before it; none when it was there from the start. */
  readonly before: readonly SecondSample[];
  /** From two seconds before to two seconds after: a counter that moved in here moved with it. */
  readonly around: readonly SecondSample[];
}

const AROUND_S = 2;
const ERRORS = 0.02;
/** The kernel repeats a lost SYN after one second (RFC 6298): that is what a dropped connection looks like from outside. */
const RETRY_MS = 950;

export function findTrouble(seconds: readonly SecondSample[]): Trouble | null {
  const collapse = findCollapse(seconds.map(({ goodput }) => goodput));
  if (collapse !== null)
    return at(
      seconds,
      collapse.second,
      `goodput fell from ${rate(collapse.before)} to ${rate(collapse.after)}`,
    );
  const outage = findOutage(seconds.map(({ goodput }) => goodput));
  if (outage !== null)
    return {
      ...at(
        seconds,
        outage.second,
        `goodput fell from ${rate(outage.before)} to ${rate(outage.after)}, and came back`,
      ),
      lasts: false,
    };
  const failing = firstLasting(seconds, (second) => second.errors > ERRORS * Math.max(1, second.attempts));
  if (failing !== null)
    return at(
      seconds,
      failing,
      `errors: ${sum(seconds.map(({ errors }) => errors))} of ${sum(seconds.map(({ attempts }) => attempts))} attempts`,
    );
  const slow = firstLasting(seconds, (second) => (second.p99Ms ?? 0) >= RETRY_MS);
  if (slow !== null)
    return at(seconds, slow, `p99 ${Math.round(seconds[slow]?.p99Ms ?? 0)} ms: the time of a repeated SYN`);
  return null;
}

/** True of the second and of most that follow it. */
function firstLasting(
  seconds: readonly SecondSample[],
  isBad: (second: SecondSample) => boolean,
): number | null {
  const first = seconds.findIndex(isBad);
  if (first === -1) return null;
  const rest = seconds.slice(first);
  return rest.filter(isBad).length > rest.length / 2 ? first : null;
}

function at(seconds: readonly SecondSample[], atSecond: number, evidence: string): Trouble {
  return {
    atSecond,
    evidence,
    lasts: true,
    before: seconds.slice(0, atSecond),
    around: seconds.filter(({ second }) => Math.abs(second - atSecond) <= AROUND_S),
  };
}

const rate = (value: number): string => `${Math.round(value)}/s`;
export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
