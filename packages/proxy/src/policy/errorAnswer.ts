// The answer for an error code: the table's sentence, never the cause. Both lanes send these very bytes.
import { errorBody, type ErrorCode } from '@tollgate/core';
import type { PreparedAnswer } from '../target/prepared.ts';

/** `accept` is the client's Accept field: people get a page, programs a line. `more`: fields in turn beside its own. */
export function errorAnswer(
  code: ErrorCode,
  accept: string | undefined,
  more: readonly string[] = [],
): PreparedAnswer {
  const { status, contentType, body } = errorBody(code, accept);
  return { status, fields: ['Content-Type', contentType, 'Cache-Control', 'no-store', ...more], body };
}
