// Request ids: unique among all workers and restarts, cheap enough for every request, no secret.
import { randomBytes } from 'node:crypto';

/** Longest id taken over from a trusted proxy; a UUID is 36, a W3C trace context 55. */
const MAX_LENGTH = 128;

/** 64 random bits name the process, a counter the request: no entropy is spent per request. */
export function createRequestIds(prefix: string = randomBytes(8).toString('hex')): () => string {
  let count = 0;
  return () => `${prefix}-${(count++).toString(36).padStart(5, '0')}`;
}

/** Whether an id from outside may go into logs and headers: no spaces, quotes or control characters. */
export function isRequestId(text: string): boolean {
  return text.length <= MAX_LENGTH && /^[\w.+/=:-]+$/.test(text);
}
