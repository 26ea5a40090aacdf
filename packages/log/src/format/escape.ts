// What a client may put into a line: printable ASCII as it is, all else escaped, so no line is ever split, forged or recoloured.
// Line feeds would forge lines, ESC would drive the reader's terminal (CVE-2009-4487), bidi marks would reorder it.

/**
 * Longest text kept of one field, in UTF-16 units; the rest becomes `...`. With six bytes for each unit in the
 * worst case, a line stays under the 48 KB at which journald splits (LineMax=, journald.conf(5)).
 */
const LIMIT = 4096;
const SHORT_LIMIT = 768;

/** The inside of a JSON string. */
export const jsonText = (text: string): string => safe(clip(text, LIMIT), jsonEscape);
export const jsonShort = (text: string): string => safe(clip(text, SHORT_LIMIT), jsonEscape);

/** The inside of a quoted field of the combined format, escaped as nginx does: `\xHH` for each UTF-8 byte. */
export const quotedText = (text: string): string => safe(clip(text, LIMIT), byteEscape);
export const quotedShort = (text: string): string => safe(clip(text, SHORT_LIMIT), byteEscape);

/** An unquoted field of the combined format: a space would shift every field after it. Empty becomes `-`. */
export const bareText = (text: string): string =>
  text === '' ? '-' : clip(text, SHORT_LIMIT).toWellFormed().replaceAll(UNSAFE_BARE_POINTS, byteEscape);

/** Anything but printable ASCII, `"` and `\`; and the space too. */
const UNSAFE = /[^ !#-[\]-~]/;
const UNSAFE_POINTS = /[^ !#-[\]-~]/gu;
const UNSAFE_BARE_POINTS = /[^!#-[\]-~]/gu;

function clip(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit)}...`;
}

/** A lone surrogate is JSON that many parsers refuse, and no UTF-8 at all: it becomes U+FFFD. */
function safe(text: string, escape: (point: string) => string): string {
  return UNSAFE.test(text) ? text.toWellFormed().replaceAll(UNSAFE_POINTS, escape) : text;
}

function jsonEscape(point: string): string {
  if (point === '"' || point === '\\') return `\\${point}`;
  return point
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}

function byteEscape(point: string): string {
  return [...Buffer.from(point)]
    .map((byte) => `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`)
    .join('');
}
