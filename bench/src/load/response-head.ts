// The head of a response, read byte by byte for the four things the generator must know; no strings are made of the rest.

export type Framing = 'none' | 'length' | 'chunked' | 'until-close';

export interface ResponseHead {
  readonly status: number;
  readonly framing: Framing;
  readonly contentLength: number;
  readonly keepAlive: boolean;
}

const CR = 13;
const SPACE = 32;
const COLON = 58;
const CONTENT_LENGTH = Buffer.from('content-length');
const CONNECTION = Buffer.from('connection');
const TRANSFER_ENCODING = Buffer.from('transfer-encoding');
const CLOSE = Buffer.from('close');
const KEEP_ALIVE = Buffer.from('keep-alive');
const HTTP_1 = Buffer.from('HTTP/1.');

/** `bytes[0, end)` is the status line and fields without the closing empty line; `null`: not HTTP/1.x, or its framing is ambiguous. */
export function readHead(bytes: Buffer, end: number): ResponseHead | null {
  const status = statusOf(bytes, end);
  if (status === null) return null;
  let keepAlive = bytes[7] === 49;
  let contentLength = -1;
  let chunked = false;
  let at = lineEnd(bytes, 0, end) + 2;
  while (at < end) {
    const stop = lineEnd(bytes, at, end);
    switch ((bytes[at] ?? 0) | 32) {
      case 99: // c
        if (named(bytes, at, CONTENT_LENGTH)) {
          const length = decimal(bytes, at + CONTENT_LENGTH.length + 1, stop);
          if (length === null || (contentLength >= 0 && length !== contentLength)) return null;
          contentLength = length;
        } else if (named(bytes, at, CONNECTION)) {
          keepAlive = connectionStays(bytes, at + CONNECTION.length + 1, stop, keepAlive);
        }
        break;
      case 116: // t
        if (named(bytes, at, TRANSFER_ENCODING)) {
          chunked = /\bchunked\s*$/i.test(bytes.toString('latin1', at + TRANSFER_ENCODING.length + 1, stop));
          if (!chunked) return null;
        }
        break;
      default:
    }
    at = stop + 2;
  }
  return { status, ...framed(status, chunked, contentLength), keepAlive };
}

function statusOf(bytes: Buffer, end: number): number | null {
  if (end < 12 || !startsWith(bytes, 0, HTTP_1) || bytes[8] !== SPACE) return null;
  return decimal(bytes, 9, 12);
}

/** RFC 9112 section 6.3; chunked beats a length, which a smuggler would send beside it. */
function framed(
  status: number,
  chunked: boolean,
  length: number,
): Pick<ResponseHead, 'framing' | 'contentLength'> {
  if (status < 200 || status === 204 || status === 304) return { framing: 'none', contentLength: 0 };
  if (chunked) return { framing: 'chunked', contentLength: 0 };
  return length < 0
    ? { framing: 'until-close', contentLength: 0 }
    : { framing: 'length', contentLength: length };
}

/** The two values that nearly every server sends are told by their bytes; a list of options takes the long way. */
function connectionStays(bytes: Buffer, from: number, to: number, before: boolean): boolean {
  const at = bytes[from] === SPACE ? from + 1 : from;
  if (to - at === CLOSE.length && startsWith(bytes, at, CLOSE)) return false;
  if (to - at === KEEP_ALIVE.length && startsWith(bytes, at, KEEP_ALIVE)) return true;
  const value = bytes.toString('latin1', from, to);
  if (/\bclose\b/i.test(value)) return false;
  return before || /\bkeep-alive\b/i.test(value);
}

function lineEnd(bytes: Buffer, from: number, end: number): number {
  let at = from;
  while (at < end && bytes[at] !== CR) at++;
  return at;
}

function named(bytes: Buffer, at: number, name: Buffer): boolean {
  return bytes[at + name.length] === COLON && startsWith(bytes, at, name);
}

function startsWith(bytes: Buffer, at: number, lowerOrExact: Buffer): boolean {
  for (let i = 0; i < lowerOrExact.length; i++) {
    const byte = bytes[at + i] ?? 0;
    const wanted = lowerOrExact[i];
    if (byte !== wanted && (byte | 32) !== wanted) return false;
  }
  return true;
}

/** Digits between optional spaces; `null` when there is anything else. */
function decimal(bytes: Buffer, from: number, to: number): number | null {
  let value = 0;
  let digits = 0;
  let at = from;
  while (at < to && bytes[at] === SPACE) at++;
  for (; at < to; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === SPACE) continue;
    if (byte < 48 || byte > 57 || ++digits > 15) return null;
    value = value * 10 + byte - 48;
  }
  return digits === 0 ? null : value;
}
