// An upstream's response head, read strictly: whatever is malformed or ambiguous is a fault, which becomes a 502 and
// costs the socket. Nothing is repaired: a repaired head is how response smuggling begins (RFC 9112 11.1).
import { STATUS_CODES } from 'node:http';
import { responseFields } from '@tollgate/core';
import { COLON, CR, isText, LF, RESPONSE_VALUE_BYTE, SPACE, TAB, TOKEN_BYTE } from './bytes.ts';
import { connectionText, FieldNames, hashStep } from './fieldName.ts';

/** How the end of the body is known (RFC 9112 6.3). `none`: there is no body whatever the fields say. */
type BodyFraming = 'none' | 'length' | 'chunked' | 'close';

export interface ResponseHead {
  /** Of HTTP/1. */
  readonly minor: 0 | 1;
  readonly status: number;
  /** `undefined`: the usual one. May be empty; never holds a control character. */
  readonly reason: string | undefined;
  /** Complete lines, with CRLF, of the fields that are forwarded: end-to-end fields and Content-Length. */
  readonly lines: string;
  readonly framing: BodyFraming;
  /** Body bytes for `length`, the declared length for `none` if there was one, else 0. */
  readonly contentLength: number;
  /** The upstream will take another request on this socket, as far as its head says. */
  readonly keepAlive: boolean;
  /** `Keep-Alive: timeout=`, in milliseconds. */
  readonly keepAliveMs: number | undefined;
  readonly hasDate: boolean;
  readonly byteLength: number;
}

/** What was wrong, in words for the event log; never sent to the client. */
export interface Fault {
  readonly fault: string;
}

export interface ResponseHeadLimits {
  readonly headerBytes: number;
  readonly headerCount: number;
}

const CONTENT_LENGTH = 1;
const TRANSFER_ENCODING = 2;
const CONNECTION = 3;
const KEEP_ALIVE = 4;
const DATE = 6;
const HOP_BY_HOP = 7;

const FIELDS = new FieldNames(
  new Map([
    ['content-length', CONTENT_LENGTH],
    ['transfer-encoding', TRANSFER_ENCODING],
    ['connection', CONNECTION],
    ['keep-alive', KEEP_ALIVE],
    ['upgrade', HOP_BY_HOP],
    ['date', DATE],
    ['proxy-connection', HOP_BY_HOP],
    ['proxy-authenticate', HOP_BY_HOP],
    ['proxy-authentication-info', HOP_BY_HOP],
    ['proxy-authorization', HOP_BY_HOP],
    ['te', HOP_BY_HOP],
    ['http2-settings', HOP_BY_HOP],
  ]),
);

const VERSION = Buffer.from('HTTP/1.', 'latin1');
/** So many digits keep within a safe integer. */
const MOST_DIGITS = 15;
const KEEP_ALIVE_TIMEOUT = /(?:^|[,;\s])timeout\s*=\s*"?([0-9]{1,6})/i;

const INCOMPLETE = -1;

/** Reads the response head at `start`. `bodyless`: the request was HEAD, so no body follows whatever the head says. */
export function readResponseHead(
  bytes: Buffer,
  start: number,
  end: number,
  bodyless: boolean,
  limits: ResponseHeadLimits,
): ResponseHead | Fault | 'incomplete' {
  const limit = Math.min(end, start + limits.headerBytes);
  const scan = new ResponseScan(bytes, start, limit);
  const headEnd = scan.run(limits.headerCount);
  if (scan.fault !== '') return { fault: scan.fault };
  if (headEnd === INCOMPLETE)
    return limit < end || end - start >= limits.headerBytes
      ? { fault: `response head: expected at most ${limits.headerBytes} bytes` }
      : 'incomplete';
  return scan.head(headEnd, bodyless);
}

class ResponseScan {
  fault = '';
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly #limit: number;
  #position: number;
  #runStart = 0;
  #lines = '';
  #status = 0;
  #reason: string | undefined = undefined;
  #minor: 0 | 1 = 1;
  /** -1: none was given. */
  #length = -1;
  #chunked = false;
  #connection = '';
  #keepAlive = '';
  #hasDate = false;

  constructor(bytes: Buffer, start: number, limit: number) {
    this.#bytes = bytes;
    this.#start = start;
    this.#limit = limit;
    this.#position = start;
  }

  /** The end of the head; INCOMPLETE also when there is a fault. */
  run(maximum: number): number {
    if (!this.#statusLine()) return INCOMPLETE;
    this.#runStart = this.#position;
    for (let count = 0; ; count++) {
      if (this.#position >= this.#limit) return INCOMPLETE;
      if (this.#bytes[this.#position] === CR) return this.#blankLine();
      if (count >= maximum) return this.#wrong(`expected at most ${maximum} fields`);
      if (!this.#line()) return INCOMPLETE;
    }
  }

  #wrong(what: string): typeof INCOMPLETE {
    this.fault = `response head: ${what}`;
    return INCOMPLETE;
  }

  /** `HTTP/1.x NNN reason`; the reason may be empty and its space missing, as many servers send it. */
  #statusLine(): boolean {
    const bytes = this.#bytes;
    const start = this.#start;
    const known = Math.min(this.#limit - start, VERSION.length);
    for (let index = 0; index < known; index++) {
      if (bytes[start + index] !== VERSION[index]) return this.#wrong('expected a status line') > 0;
    }
    let end = start + known;
    while (end < this.#limit && RESPONSE_VALUE_BYTE[bytes[end] ?? 0] === 1) end++;
    if (end < this.#limit && bytes[end] !== CR) return this.#wrong('control character in status line') > 0;
    if (end + 1 >= this.#limit) return false;
    if (bytes[end + 1] !== LF) return this.#wrong('CR without LF') > 0;
    if (!this.#statusLineReads(start + VERSION.length, end)) return this.#wrong('expected a status line') > 0;
    this.#position = end + 2;
    return true;
  }

  /** `1 200 OK`: what follows `HTTP/1.` */
  #statusLineReads(start: number, end: number): boolean {
    const bytes = this.#bytes;
    const minor = (bytes[start] ?? 0) - 0x30;
    const hundreds = (bytes[start + 2] ?? 0) - 0x30;
    const tens = (bytes[start + 3] ?? 0) - 0x30;
    const ones = (bytes[start + 4] ?? 0) - 0x30;
    if ((minor !== 0 && minor !== 1) || bytes[start + 1] !== SPACE || end < start + 5) return false;
    if (hundreds < 1 || hundreds > 5 || tens < 0 || tens > 9 || ones < 0 || ones > 9) return false;
    if (end > start + 5 && bytes[start + 5] !== SPACE) return false;
    this.#minor = minor;
    this.#status = hundreds * 100 + tens * 10 + ones;
    this.#reason = reasonOf(this.#status, bytes, Math.min(start + 6, end), end);
    return true;
  }

  #blankLine(): number {
    if (this.#position + 1 >= this.#limit) return INCOMPLETE;
    if (this.#bytes[this.#position + 1] !== LF) return this.#wrong('CR without LF');
    this.#endRun(this.#position);
    return this.#position + 2;
  }

  #line(): boolean {
    const bytes = this.#bytes;
    const limit = this.#limit;
    let hash = 0;
    let colon = this.#position;
    for (; colon < limit; colon++) {
      const byte = bytes[colon] ?? 0;
      if (TOKEN_BYTE[byte] === 0) break;
      hash = hashStep(hash, byte);
    }
    if (colon >= limit) return false;
    if (bytes[colon] !== COLON || colon === this.#position)
      return this.#wrong('expected a field name and a colon') > 0;
    let end = colon + 1;
    while (end < limit && RESPONSE_VALUE_BYTE[bytes[end] ?? 0] === 1) end++;
    if (end < limit && bytes[end] !== CR) return this.#wrong('control character in a field value') > 0;
    if (end + 1 >= limit) return false;
    if (bytes[end + 1] !== LF) return this.#wrong('CR without LF') > 0;
    const code = FIELDS.codeOf(bytes, this.#position, colon, hash);
    if (code !== 0 && !this.#meant(code, colon, end)) return false;
    this.#position = end + 2;
    return true;
  }

  #meant(code: number, colon: number, end: number): boolean {
    if (code === DATE) return (this.#hasDate = true);
    const bytes = this.#bytes;
    let from = colon + 1;
    let to = end;
    while (from < to && (bytes[from] === SPACE || bytes[from] === TAB)) from++;
    while (to > from && (bytes[to - 1] === SPACE || bytes[to - 1] === TAB)) to--;
    if (code === CONTENT_LENGTH) return this.#contentLength(from, to);
    this.#endRun(this.#position);
    this.#runStart = end + 2;
    if (code === TRANSFER_ENCODING) return this.#transferEncoding(bytes.latin1Slice(from, to));
    if (code === CONNECTION) this.#connection = joined(this.#connection, connectionText(bytes, from, to));
    else if (code === KEEP_ALIVE) this.#keepAlive = bytes.latin1Slice(from, to);
    return true;
  }

  #contentLength(from: number, to: number): boolean {
    if (this.#length >= 0) return this.#wrong('two Content-Length fields') > 0;
    this.#length = lengthOf(this.#bytes, from, to);
    return this.#length >= 0 || this.#wrong('Content-Length: expected digits') > 0;
  }

  #transferEncoding(value: string): boolean {
    if (this.#chunked || value.toLowerCase() !== 'chunked')
      return this.#wrong('Transfer-Encoding: expected chunked alone') > 0;
    this.#chunked = true;
    return true;
  }

  #endRun(end: number): void {
    if (end > this.#runStart) this.#lines += this.#bytes.latin1Slice(this.#runStart, end);
  }

  head(headEnd: number, headRequest: boolean): ResponseHead | Fault {
    const fault = this.#conflict();
    if (fault !== '') return { fault: `response head: ${fault}` };
    const bodyless = headRequest || this.#status < 200 || this.#status === 204 || this.#status === 304;
    const framing = this.#framing(bodyless);
    return {
      minor: this.#minor,
      status: this.#status,
      reason: this.#reason,
      lines: this.#kept(),
      framing,
      contentLength: Math.max(this.#length, 0),
      keepAlive: framing !== 'close' && this.#persists(),
      keepAliveMs: this.#keepAlive === '' ? undefined : timeoutOf(this.#keepAlive),
      hasDate: this.#hasDate,
      byteLength: headEnd - this.#start,
    };
  }

  /** RFC 9110 8.6: no Content-Length in a 204; some servers send a 0. */
  #kept(): string {
    const lines = withoutListed(this.#lines, this.#connection);
    if (this.#status !== 204 || this.#length < 0) return lines;
    return lines.replace(/(^|\r\n)content-length:[^\r]*\r\n/i, '$1');
  }

  /** RFC 9112 6.1, 6.3: both framings, or chunked on HTTP/1.0. */
  #conflict(): string {
    if (this.#chunked && this.#length >= 0) return 'Content-Length and Transfer-Encoding';
    if (this.#chunked && this.#minor === 0) return 'Transfer-Encoding in HTTP/1.0';
    return '';
  }

  #framing(bodyless: boolean): BodyFraming {
    if (bodyless) return 'none';
    if (this.#chunked) return 'chunked';
    return this.#length < 0 ? 'close' : 'length';
  }

  #persists(): boolean {
    if (this.#connection === '') return this.#minor === 1;
    if (this.#connection === 'keep-alive') return true;
    const tokens = this.#connection.split(',').map((token) => token.trim());
    if (tokens.includes('close')) return false;
    return this.#minor === 1 || tokens.includes('keep-alive');
  }
}

/** Digits alone, else -1. */
function lengthOf(bytes: Buffer, from: number, to: number): number {
  if (to === from || to - from > MOST_DIGITS) return -1;
  let length = 0;
  for (let index = from; index < to; index++) {
    const digit = (bytes[index] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    length = length * 10 + digit;
  }
  return length;
}

/** No string is made of what nearly every answer says. */
function reasonOf(status: number, bytes: Buffer, from: number, to: number): string | undefined {
  return isText(STATUS_CODES[status] ?? '', bytes, from, to) ? undefined : bytes.latin1Slice(from, to);
}

const joined = (before: string, value: string): string => (before === '' ? value : `${before}, ${value}`);

let keepAliveText = '';
let keepAliveMs: number | undefined;

/** The last reading is kept: a server says the same each time. */
function timeoutOf(text: string): number | undefined {
  if (text !== keepAliveText) {
    const seconds = KEEP_ALIVE_TIMEOUT.exec(text)?.[1];
    keepAliveText = text;
    keepAliveMs = seconds === undefined ? undefined : Number(seconds) * 1000;
  }
  return keepAliveMs;
}

const USUAL: ReadonlySet<string> = new Set(['', 'keep-alive', 'close', 'upgrade']);

/** RFC 9110 7.6.1: fields that Connection names belong to this hop, less those that the rules keep. */
function withoutListed(lines: string, connection: string): string {
  if (USUAL.has(connection)) return lines;
  const rawHeaders = lines.split('\r\n').flatMap((line) => {
    const colon = line.indexOf(':');
    return colon < 0 ? [] : [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const fields = responseFields(['Connection', connection, ...rawHeaders], '1.1');
  let kept = '';
  // Via, which ends them, is written with the rest of the front's own.
  for (let at = 0; at < fields.length - 2; at += 2) kept += `${fields[at]}: ${fields[at + 1]}\r\n`;
  return kept;
}
