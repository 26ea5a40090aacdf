// A server that is back gets its share by and by: its caches are cold, and whatever stopped it may be there still.
import type { UpstreamMember } from './member.ts';

/** Of its weight, at first: nothing at all would never tell how it does. */
const AT_FIRST = 0.05;

/** `slowStartMs` 0: its weight at once. */
export function slowedWeight(
  { server, backSinceMs }: UpstreamMember,
  slowStartMs: number,
  now: number,
): number {
  if (slowStartMs === 0) return server.weight;
  const part = (now - backSinceMs) / slowStartMs;
  return part >= 1 ? server.weight : server.weight * Math.max(part, AT_FIRST);
}
