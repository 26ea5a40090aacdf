// Byte classes shared by the wire lane's parsers: a table lookup a byte, filled once.

declare global {
  interface Buffer {
    /** In Node since 0.x but not in its types; `toString('latin1')` without the dispatch on the encoding. */
    latin1Slice(start: number, end: number): string;
    /** The same the other way; the count of bytes. */
    latin1Write(text: string, at: number): number;
  }
}

export const CR = 0x0d;
export const LF = 0x0a;
export const TAB = 0x09;
export const SPACE = 0x20;
export const COLON = 0x3a;

const table = (characters: string): Uint8Array => {
  const classes = new Uint8Array(256);
  for (let index = 0; index < characters.length; index++) classes[characters.charCodeAt(index)] = 1;
  return classes;
};
const range = (from: number, to: number): string =>
  String.fromCharCode(...Array.from({ length: to - from + 1 }, (_, index) => from + index));

const ALPHANUMERIC = range(0x30, 0x39) + range(0x41, 0x5a) + range(0x61, 0x7a);
const PATH = `${ALPHANUMERIC}-._~!$&'()*+,;=:@/%`;

/** RFC 3986 3.3 `pchar` and the slash, and the percent sign, whose escapes are looked at again. */
export const PATH_BYTE = table(PATH);
/** What the gate leaves alone in a query: visible ASCII but the fragment's sign. */
export const QUERY_BYTE = table(range(0x21, 0x22) + range(0x24, 0x7e));
/** Field names are narrower than RFC 9110 5.1 `token`: letters, digits, hyphens. */
export const NAME_BYTE = table(`${ALPHANUMERIC}-`);
/** RFC 9110 5.6.2 `token`. */
export const TOKEN_BYTE = table(`${ALPHANUMERIC}!#$%&'*+-.^_\`|~`);
/** Field values: visible ASCII, space and tab. */
export const VALUE_BYTE = table(range(0x20, 0x7e) + String.fromCharCode(TAB));
/** The same with obs-text (RFC 9110 5.5), which upstreams do send. */
export const RESPONSE_VALUE_BYTE = table(range(0x20, 0x7e) + String.fromCharCode(TAB) + range(0x80, 0xff));

/** Whether the bytes are this very text: cheaper than to make a string of them first. */
export function isText(text: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let index = 0; index < text.length; index++)
    if (bytes[start + index] !== text.charCodeAt(index)) return false;
  return true;
}

/** The value of a hexadecimal digit, or -1. */
export const hexValue = (byte: number): number => {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
};
