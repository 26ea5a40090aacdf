// When goodput collapsed: the second from which it stays far below what it had been.

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

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
