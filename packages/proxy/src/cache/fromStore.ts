// The answer that a client gets from a kept one: whole, the part it asks for, or word that its own copy still holds.
import { rangeOf, type Range } from '../target/files/conditions.ts';
import type { PreparedAnswer } from '../target/prepared.ts';
import { isNotModified, notModifiedFields } from './conditions.ts';
import { linesOf, valueOf } from './fieldLines.ts';
import { parseHttpDate } from './httpDate.ts';
import { ageMs, type StoredAnswer } from './stored.ts';

/** `more`: fields of this very answer, in turn. */
export function fromStore(
  kept: StoredAnswer,
  rawHeaders: readonly string[],
  nowMs: number,
  more: readonly string[],
): PreparedAnswer {
  const age = String(Math.floor(ageMs(kept, nowMs) / 1000));
  const fields = [...kept.fields, 'Age', age, ...more];
  if (isNotModified(rawHeaders, kept))
    return { status: 304, fields: notModifiedFields(fields), body: NOTHING };
  const range = wantedPart(rawHeaders, kept);
  return range === undefined ? { status: kept.status, fields, body: kept.body } : part(kept, fields, range);
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

function part(kept: StoredAnswer, fields: readonly string[], range: Range | 'unsatisfiable'): PreparedAnswer {
  const size = kept.body.length;
  if (range === 'unsatisfiable')
    return { status: 416, fields: ['Content-Range', `bytes */${size}`], body: NOTHING };
  const { start, end } = range;
  return {
    status: 206,
    fields: [...fields, 'Content-Range', `bytes ${start}-${end}/${size}`],
    body: kept.body.subarray(start, end + 1),
  };
}
