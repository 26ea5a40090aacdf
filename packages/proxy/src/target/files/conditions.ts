// Preconditions and ranges of a request for a file (RFC 9110 sections 13 and 14), decided from its validators alone.
import type { IncomingHttpHeaders } from 'node:http';

export interface Validators {
  readonly etag: string;
  readonly mtimeMs: number;
}

export type Outcome = 'send' | 'not-modified' | 'failed';

/** In the order of RFC 9110 13.2.2. */
export function evaluate(headers: IncomingHttpHeaders, validators: Validators): Outcome {
  const { 'if-match': match, 'if-none-match': noneMatch } = headers;
  const since = headers['if-modified-since'];
  const unmodified = headers['if-unmodified-since'];
  if (match !== undefined) {
    if (!lists(match, validators.etag)) return 'failed';
  } else if (unmodified !== undefined && isAfter(validators, unmodified)) return 'failed';
  if (noneMatch !== undefined) return lists(noneMatch, validators.etag) ? 'not-modified' : 'send';
  return since !== undefined && isAfter(validators, since) === false ? 'not-modified' : 'send';
}

function lists(field: string, etag: string): boolean {
  if (field.trim() === '*') return true;
  return field.split(',').some((item) => item.trim().replace(/^W\//, '') === etag);
}

/** `undefined` for a text that is no date: the field is ignored then. */
function isAfter({ mtimeMs }: Validators, date: string): boolean | undefined {
  const given = Date.parse(date);
  if (Number.isNaN(given)) return undefined;
  return Math.floor(mtimeMs / 1000) * 1000 > given;
}

export interface Range {
  readonly start: number;
  /** Inclusive. */
  readonly end: number;
}

/**
 * The one range asked for; `undefined`: send the whole. Several ranges are answered with the whole, which is allowed
 * and spares the attack of many overlapping ones (CVE-2011-3192).
 */
export function rangeOf(
  headers: IncomingHttpHeaders,
  size: number,
  validators: Validators,
): Range | 'unsatisfiable' | undefined {
  const asked = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(headers.range?.trim() ?? '');
  if (asked === null || !stillSame(headers['if-range'], validators)) return undefined;
  const [, first = '', last = ''] = asked;
  if (first === '') return suffix(last, size);
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) return undefined;
  return start >= size ? 'unsatisfiable' : { start, end };
}

function suffix(last: string, size: number): Range | 'unsatisfiable' | undefined {
  if (last === '') return undefined;
  const length = Number(last);
  if (length === 0 || size === 0) return 'unsatisfiable';
  return { start: Math.max(0, size - length), end: size - 1 };
}

/** If-Range: a part is only of use to a client whose other parts are of the same file. */
function stillSame(ifRange: string | string[] | undefined, { etag, mtimeMs }: Validators): boolean {
  if (typeof ifRange !== 'string') return true;
  if (ifRange.startsWith('"')) return ifRange === etag;
  return Date.parse(ifRange) === Math.floor(mtimeMs / 1000) * 1000;
}
