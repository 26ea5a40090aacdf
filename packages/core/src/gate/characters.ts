// One table for all character classes of the gate: a byte's class is one load and one mask.

/** RFC 9110 5.6.2: what a method or a field name is made of. */
export const TOKEN = 1;
/** RFC 9110 5.5: visible, space, tab and obs-text. No CR, LF, NUL or other control byte. */
export const FIELD_VALUE = 2;
/** RFC 3986 2.3: the same character whether percent-encoded or not. */
export const UNRESERVED = 4;
/** Stands for itself in a path: pchar without the percent sign, and the slash. */
export const PATH = 8;
/** Sent raw by some clients in a path; has one canonical spelling, percent-encoded. */
export const PATH_ENCODED = 16;
/** Stands for itself in a query: browsers send all of visible ASCII but the fragment's sign. */
export const QUERY = 32;
/** Part of a host name. The underscore is in no name of RFC 952, but in names that are in use. */
export const HOST = 64;
export const HEX = 128;

const CLASSES = new Uint8Array(256);
mark(TOKEN, "!#$%&'*+-.^_`|~");
mark(UNRESERVED | HOST, '-._');
mark(UNRESERVED, '~');
mark(PATH, "-._~!$&'()*+,;=:@/");
mark(PATH_ENCODED, '"<>[]^`{|}');
mark(TOKEN | UNRESERVED | PATH | HOST, '0123456789abcdefghijklmnopqrstuvwxyz');
mark(TOKEN | UNRESERVED | PATH | HOST, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ');
mark(HEX, '0123456789abcdefABCDEF');
for (let code = 0x20; code < 0x100; code++) if (code !== 0x7f) set(FIELD_VALUE, code);
set(FIELD_VALUE, 0x09);
for (let code = 0x21; code < 0x7f; code++) if (code !== 0x23) set(QUERY, code);

/** Whether the UTF-16 unit is of the class; none above 0xff is of any. */
export function isOf(mask: number, code: number): boolean {
  return code < 256 && ((CLASSES[code] ?? 0) & mask) !== 0;
}

/** Whether `text` from `start` on has only characters of the class; the empty text has. */
export function hasOnly(mask: number, text: string, start = 0): boolean {
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 255 || ((CLASSES[code] ?? 0) & mask) === 0) return false;
  }
  return true;
}

function mark(mask: number, characters: string): void {
  for (let at = 0; at < characters.length; at++) set(mask, characters.charCodeAt(at));
}

function set(mask: number, code: number): void {
  CLASSES[code] = (CLASSES[code] ?? 0) | mask;
}
