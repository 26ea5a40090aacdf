// When goodput collapsed: the second from which it stays far below what it had been; or was all but gone for a while.

export interface Collapse {
  readonly second: number;
  readonly before: number;
  readonly after: number;
}

/** A noisy neighbour takes a third at times; what loses more than 40 % and does not come back has broken. */
const LEFT_AFTER = 0.6;
/** Seconds that must agree: one slow second is a pause, not a collapse. */
const STAYS = 2;

/** The first second that is far below the median of all before it, as are those after it; `null`: goodput held. */
export function findCollapse(goodput: readonly number[]): Collapse | null {
  for (let second = 1; second < goodput.length; second += 1) {
    const before = median(goodput.slice(0, second));
    const stay = goodput.slice(second, second + 1 + STAYS);
    const isSustained = stay.length > 1 || second === goodput.length - 1;
    if (before > 0 && isSustained && stay.every((value) => value < LEFT_AFTER * before))
      return { second, before, after: median(goodput.slice(second)) };
  }
  return null;
}

/** Of what it had been: a second of this is no slow second, but one in which next to nobody was served. */
const LEFT_IN_OUTAGE = 0.1;

/** The first second in which goodput was all but gone, whatever came after it; `null`: there was none. */
export function findOutage(goodput: readonly number[]): Collapse | null {
  for (let second = 1; second < goodput.length; second += 1) {
    const before = median(goodput.slice(0, second));
    const after = goodput[second] ?? 0;
    if (after < LEFT_IN_OUTAGE * before) return { second, before, after };
  }
  return null;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
