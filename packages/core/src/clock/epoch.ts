// The time of day in microseconds, comparable between processes of one machine.

/** The monotonic clock may part from the time of day by this much before it is anchored anew (NTP slews it). */
const DRIFT_MS = 2;

let anchorMs = performance.timeOrigin;

/**
 * Microseconds since the epoch; `Date.now()` alone has too coarse a step to time a tier. `sinceStartMs`: a reading of
 * `performance.now()` taken just now.
 */
export function epochMicros(sinceStartMs: number = performance.now()): number {
  const driftMs = Date.now() - (anchorMs + sinceStartMs);
  if (driftMs > DRIFT_MS || driftMs < -DRIFT_MS) anchorMs += driftMs;
  return Math.trunc((anchorMs + sinceStartMs) * 1000);
}
