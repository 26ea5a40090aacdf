// Preconditions and ranges of a request for a file (RFC 9110 sections 13 and 14), decided from its validators alone.

/** The fields that ask for something else than the whole, by their names in lower case. */
export interface Conditions {
  readonly 'if-match'?: string | undefined;
  readonly 'if-none-match'?: string | undefined;
  readonly 'if-modified-since'?: string | undefined;
  readonly 'if-unmodified-since'?: string | undefined;
  readonly 'if-range'?: string | string[] | undefined;
  readonly range?: string | undefined;
}

/** `undefined`: none of them is there. */
export function conditionsIn(headers: Conditions): Conditions | undefined {
  return NAMES.some((name) => headers[name] !== undefined) ? headers : undefined;
}

/** The same from a flat list of names and values; of a field that comes twice the first, as Node reads HTTP/2. */
export function conditionsAmong(fields: readonly string[]): Conditions | undefined {
  const found: Record<string, string> = {};
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const name = (fields[at] ?? '').toLowerCase();
    if (isName(name)) found[name] ??= fields[at + 1] ?? '';
  }
  return conditionsIn(found);
}

const isName = (name: string): boolean => NAMES.some((known) => known === name);

const NAMES = [
  'if-none-match',
  'if-modified-since',
  'range',
  'if-match',
  'if-unmodified-since',
  'if-range',
] as const;

export interface Validators {
  readonly etag: string;
  readonly mtimeMs: number;
}

export type Outcome = 'send' | 'not-modified' | 'failed';

/** In the order of RFC 9110 13.2.2. */
export function evaluate(headers: Conditions, validators: Validators): Outcome {
  const { 'if-match': match, 'if-none-match': noneMatch } = headers;
  const since = headers['if-modified-since'];
  const unmodified = headers['if-unmodified-since'];
  if (match !== undefined) {
    if (!listsExactly(match, validators.etag)) return 'failed';
  } else if (unmodified !== undefined && isAfter(validators, unmodified)) return 'failed';
  if (noneMatch !== undefined) return lists(noneMatch, validators.etag) ? 'not-modified' : 'send';
  return since !== undefined && isAfter(validators, since) === false ? 'not-modified' : 'send';
}

function lists(field: string, etag: string): boolean {
  if (field.trim() === '*') return true;
  return field.split(',').some((item) => item.trim().replace(/^W\//, '') === etag);
}

/** RFC 9110 13.1.1: a weak tag matches nothing here. */
function listsExactly(field: string, etag: string): boolean {
  return field.trim() === '*' || field.split(',').some((item) => item.trim() === etag);
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
  headers: Conditions,
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
