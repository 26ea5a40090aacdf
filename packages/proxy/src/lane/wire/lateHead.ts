// The answer to a head that did not come whole in its time, and its record: of the request nothing is known.
import { epochMicros } from '@tollgate/core';
import type { RequestRecord } from '@tollgate/log';
import type { ClientConnection } from '../../connection.ts';
import { errorAnswer } from '../../policy/errorAnswer.ts';
import { sizedFields } from '../../target/prepared.ts';
import { dateLine } from './clock.ts';
import { linesOf, statusLine } from './outgoing.ts';
import { recordOf } from './record.ts';

/** `text` is latin1; the connection ends after it. */
export function lateHeadAnswer(
  facts: ClientConnection,
  requestId: string,
): { readonly text: string; readonly record: RequestRecord } {
  const startMicros = epochMicros();
  const answer = errorAnswer('request-timeout', undefined);
  const { status, body } = answer;
  const head = `${statusLine(status)}${linesOf(sizedFields(answer))}${dateLine(startMicros)}Connection: close\r\n\r\n`;
  const record = recordOf(facts, startMicros, 0, {
    client: facts.peer.address,
    method: '',
    host: '',
    path: '',
    status,
    bytesIn: 0,
    bytesOut: body.length,
    upstreamMs: undefined,
    upstream: undefined,
    requestId,
    userAgent: undefined,
    referer: undefined,
  });
  return { text: head + body.latin1Slice(0, body.length), record };
}
