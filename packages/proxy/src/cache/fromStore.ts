// The answer that a client gets from a kept one: whole, the part it asks for, or word that its own copy still holds.
import { rangeOf, type Range } from '../target/files/conditions.ts';
import type { PreparedAnswer } from '../target/prepared.ts';
import type { Asked } from './asked.ts';
import { isNotModified, notModifiedFields } from './conditions.ts';
import type { DiskPart } from './disk/fileBody.ts';
import { linesOf, valueOf } from './fieldLines.ts';
import { parseHttpDate } from './httpDate.ts';
import { ageMs, type StoredAnswer } from './stored.ts';

/** `file`: where its bytes are, when they are not in `body`. */
export interface KeptAnswer extends PreparedAnswer {
  readonly file: DiskPart | undefined;
}

/** `cacheStatus`: of this very answer; `undefined`: it says nothing of it. */
export function fromStore(
  kept: StoredAnswer,
  asked: Pick<Asked, 'rawHeaders' | 'isConditional' | 'isHead' | 'isPartial'>,
  nowMs: number,
  cacheStatus: string | undefined,
): KeptAnswer {
  const whole = wholeOf(kept, Math.floor(ageMs(kept, nowMs) / 1000), cacheStatus);
  const { rawHeaders, isConditional } = asked;
  // RFC 9110 14.2: parts are of a GET.
  const isPartial = asked.isPartial && !asked.isHead;
  if (!isConditional && !isPartial) return whole;
  if (isNotModified(rawHeaders, kept))
    return { status: 304, fields: notModifiedFields(whole.fields), body: NOTHING, file: undefined };
  const range = isPartial ? wantedPart(rawHeaders, kept) : undefined;
  return range === undefined ? whole : part(kept, whole.fields, range);
}

interface Whole {
  readonly ageSeconds: number;
  readonly cacheStatus: string | undefined;
  readonly answer: KeptAnswer;
}

/** What was last made of each: within a second all who ask get the same, and a lane makes its text but once. */
const wholes = new WeakMap<StoredAnswer, Whole>();

function wholeOf(kept: StoredAnswer, ageSeconds: number, cacheStatus: string | undefined): KeptAnswer {
  const last = wholes.get(kept);
  if (last?.ageSeconds === ageSeconds && last.cacheStatus === cacheStatus) return last.answer;
  const status = cacheStatus === undefined ? [] : ['Cache-Status', cacheStatus];
  const fields = [...kept.fields, 'Age', String(ageSeconds), ...status];
  const answer = { status: kept.status, fields, ...bodyOf(kept.body, 0, kept.body.length) };
  wholes.set(kept, { ageSeconds, cacheStatus, answer });
  return answer;
}

const NOTHING = Buffer.alloc(0);

function wantedPart(rawHeaders: readonly string[], kept: StoredAnswer): Range | 'unsatisfiable' | undefined {
  const range = valueOf(rawHeaders, 'range');
  if (range === undefined || kept.status !== 200) return undefined;
  const condition = valueOf(rawHeaders, 'if-range');
  const headers = { range, ...(condition !== undefined && { 'if-range': condition }) };
  const [etag = ''] = linesOf(kept.fields, 'etag');
  const [modified = ''] = linesOf(kept.fields, 'last-modified');
  const mtimeMs = parseHttpDate(modified, kept.receivedMs) ?? Number.NaN;
  return rangeOf(headers, kept.body.length, { etag, mtimeMs });
}

function part(kept: StoredAnswer, fields: readonly string[], range: Range | 'unsatisfiable'): KeptAnswer {
  const size = kept.body.length;
  if (range === 'unsatisfiable')
    return { status: 416, fields: ['Content-Range', `bytes */${size}`], body: NOTHING, file: undefined };
  const { start, end } = range;
  return {
    status: 206,
    fields: [...fields, 'Content-Range', `bytes ${start}-${end}/${size}`],
    ...bodyOf(kept.body, start, end - start + 1),
  };
}

function bodyOf(
  body: StoredAnswer['body'],
  start: number,
  length: number,
): Pick<KeptAnswer, 'body' | 'file'> {
  if (Buffer.isBuffer(body)) return { body: body.subarray(start, start + length), file: undefined };
  return { body: NOTHING, file: { body, start, length } };
}
