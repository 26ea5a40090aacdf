// The open loop's schedule: which request is due when. Pure, so that no clock can bend it.

export interface Pacer {
  /** Due time of request `index` (0, 1, …), in ms from the start. */
  dueMs(index: number): number;
  /** How many requests are due in [0, elapsedMs]: those with an index below it. */
  dueCount(elapsedMs: number): number;
}

/** Evenly spaced: the first request at 0, then one every 1000/rate ms, without accumulating rounding. */
export function constantRate(perSecond: number): Pacer {
  if (!(perSecond > 0) || !Number.isFinite(perSecond)) {
    throw new RangeError(`rate: expected requests per second above 0, got ${perSecond}`);
  }
  const dueMs = (index: number): number => (index * 1000) / perSecond;
  const dueCount = (elapsedMs: number): number => {
    if (elapsedMs < 0) return 0;
    const guess = Math.floor((elapsedMs * perSecond) / 1000);
    // The product and the quotient round differently: settle the edge by the due time itself.
    if (dueMs(guess) > elapsedMs) return guess;
    return dueMs(guess + 1) <= elapsedMs ? guess + 2 : guess + 1;
  };
  return { dueMs, dueCount };
}
