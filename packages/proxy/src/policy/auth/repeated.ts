// One request says once who it is from: of two the front would check one, and the target might believe the other.
import type { PolicyExchange, StepOutcome } from '../seam.ts';

/** `undefined`: it may go on. */
export function refuseRepeated(exchange: PolicyExchange): StepOutcome | undefined {
  const { rawHeaders } = exchange.request;
  const names = rawHeaders.filter((_, at) => at % 2 === 0);
  if (names.filter((name) => name.toLowerCase() === 'authorization').length < 2) return undefined;
  exchange.refuse('request-malformed');
  return 'answered';
}
