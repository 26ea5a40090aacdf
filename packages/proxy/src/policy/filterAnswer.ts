// All filters of one answer, applied to its head before it is sent; what they want of its body is the response's to do.
import type { Transform } from 'node:stream';
import { isBodyless } from '../target/prepared.ts';
import type { AnswerHead } from './answerHead.ts';
import type { AnswerFilter, PolicyExchange } from './seam.ts';

export interface BodyChanges {
  /** Sent in place of what the target writes. */
  readonly body: Buffer | undefined;
  /** What is sent goes through these, in their order. */
  readonly streams: readonly Transform[];
}

export type FilterAnswer = (head: AnswerHead) => BodyChanges;

export function filterAnswer(
  filters: readonly AnswerFilter[],
  exchange: PolicyExchange,
  head: AnswerHead,
): BodyChanges {
  let body: Buffer | undefined;
  let streams: Transform[] = [];
  for (const filter of filters) {
    const change = filter(exchange, head);
    if (Buffer.isBuffer(change)) {
      body = change;
      streams = without(streams);
    } else if (change !== undefined) streams.push(change);
  }
  const bodyless = exchange.head?.method === 'HEAD' || isBodyless(head.status);
  return { body, streams: bodyless ? without(streams) : streams };
}

/** Streams that nothing will go through learn it by being destroyed. */
function without(streams: readonly Transform[]): Transform[] {
  for (const stream of streams) stream.destroy();
  return [];
}
