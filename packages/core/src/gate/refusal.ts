// A refusal of the gate: prepared once per code, so that refusing a flood allocates nothing.
import { errorEntries, type ErrorCode } from '../errors/table.ts';

/**
 * The request must not be routed. On HTTP/1.x the answer carries `Connection: close` and the socket is closed after
 * it: what follows the refused head may be half of an attack (RFC 9112 section 11.2).
 */
export interface Refusal {
  readonly kind: 'refused';
  readonly status: number;
  readonly code: ErrorCode;
  /** The table's safe message. */
  readonly reason: string;
}

const REFUSALS = new Map<ErrorCode, Refusal>(
  errorEntries().map(({ code, status, message }) => [
    code,
    Object.freeze({ kind: 'refused', status, code, reason: message }),
  ]),
);

/** The refusal for a code; the same frozen object each time. */
export function refuse(code: ErrorCode): Refusal {
  const refusal = REFUSALS.get(code);
  if (refusal === undefined) throw new TypeError(`expected an error code of the table, got "${code}"`);
  return refusal;
}
