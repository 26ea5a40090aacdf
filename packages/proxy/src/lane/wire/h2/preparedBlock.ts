// The head of a prepared answer as a header block, written once a second: only its Date changes, if it has none already.
import { lastingBlock } from '../../../h2/hpack/encoder.ts';
import { sizedFields, type PreparedAnswer } from '../../../target/prepared.ts';
import { dateText } from '../clock.ts';
import { lowerNames } from './fields.ts';

interface Kept {
  /** `undefined`: what a cache has kept says when it was made. */
  readonly date: string | undefined;
  readonly block: Buffer;
}

const kept = new WeakMap<PreparedAnswer, Kept>();

export function blockOf(answer: PreparedAnswer, nowMicros: number): Buffer {
  const before = kept.get(answer);
  const now = dateText(nowMicros);
  if (before !== undefined && (before.date === undefined || before.date === now)) return before.block;
  const fields = lowerNames(sizedFields(answer));
  const date = fields.some((name, at) => at % 2 === 0 && name === 'date') ? undefined : now;
  if (date !== undefined) fields.push('date', date);
  const block = lastingBlock(answer.status, fields);
  kept.set(answer, { date, block });
  return block;
}
