// Request ids: unique among all workers and restarts, cheap enough for every request, no secret.
import { randomBytes } from 'node:crypto';

/** Longest id taken over from a trusted proxy; a UUID is 36, a W3C trace context 55. */
const MAX_LENGTH = 128;

/** Two digits of base 36 as text: the part of an id that changes with each. */
const LAST_DIGITS = Array.from({ length: 36 * 36 }, (_, value) => base36(value, 2));

/** 64 random bits name the process, a counter the request: no entropy is spent per request. */
export function createRequestIds(prefix: string = randomBytes(8).toString('hex')): () => string {
  let high = 0;
  let low = 0;
  let before = `${prefix}-${base36(high, 3)}`;
  return () => {
    if (low === LAST_DIGITS.length) {
      low = 0;
      before = `${prefix}-${base36(++high, 3)}`;
    }
    return before + LAST_DIGITS[low++];
  };
}

function base36(value: number, digits: number): string {
  return value.toString(36).padStart(digits, '0');
}

/** Whether an id from outside may go into logs and headers: no spaces, quotes or control characters. */
export function isRequestId(text: string): boolean {
  return text.length <= MAX_LENGTH && /^[\w.+/=:-]+$/.test(text);
}
