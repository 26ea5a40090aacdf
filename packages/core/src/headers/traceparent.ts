// W3C Trace Context: which `traceparent` is passed on, and how a new one begins (w3.org/TR/trace-context, section 3.2).
import { randomBytes } from 'node:crypto';

export const TRACEPARENT = 'traceparent';
/** Belongs to a valid traceparent and is worth nothing without it (section 3.3). */
export const TRACESTATE = 'tracestate';

/** Version, trace id, parent id and flags; a later version may say more after a dash. */
const FORM = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/;
const NO_TRACE = '0'.repeat(32);
const NO_PARENT = '0'.repeat(16);

export function isTraceparent(text: string): boolean {
  const [, version, trace, parent, more] = FORM.exec(text) ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return false;
  return trace !== NO_TRACE && parent !== NO_PARENT;
}

/** Flag 01: who asked for traces wants this one kept; the target may think otherwise. */
export function newTraceparent(): string {
  return `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
}

/** The trace id of a valid traceparent. */
export function traceIdOf(traceparent: string): string {
  return traceparent.slice(3, 35);
}
