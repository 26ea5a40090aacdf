// Bytes to one plainly well-formed request head. A strict subset of RFC 9112: whatever is unusual is `doubt`, and
// the connection goes to the full lane with every byte. So a mistake here can cost speed, never a wrong reading.
import { canonicalPath, knownAuthority, type Authority } from '@tollgate/core';
import { COLON, CR, isText, LF, NAME_BYTE, PATH_BYTE, QUERY_BYTE, SPACE, TAB, VALUE_BYTE } from './bytes.ts';
import { connectionText, FieldNames, hashStep } from './fieldName.ts';
import { fieldsOf, type RequestHead } from './requestHead.ts';

export interface HeadLimits {
  readonly headerBytes: number;
  readonly headerCount: number;
  readonly targetBytes: number;
}

const X_FORWARDED = Buffer.from('x-forwarded-', 'latin1');

export type Recognised = RequestHead | 'doubt' | 'incomplete';

const INCOMPLETE = -1;
const DOUBT = -2;

const PLAIN = 0;
const HOST = 1;
const CONTENT_LENGTH = 2;
const TRANSFER_ENCODING = 3;
const CONNECTION = 4;
const EXPECT = 6;
const FORWARDING = 7;
const DOUBTFUL = 8;
const SPOOF = 9;
const DROPPED = 10;
const ACCEPT = 11;
const USER_AGENT = 12;
const REFERER = 13;
const ACCEPT_ENCODING = 14;
const CONDITION = 15;

const CODES: ReadonlyMap<string, number> = new Map([
  ['host', HOST],
  ['content-length', CONTENT_LENGTH],
  ['transfer-encoding', TRANSFER_ENCODING],
  ['connection', CONNECTION],
  ['expect', EXPECT],
  ['x-forwarded-for', FORWARDING],
  ['x-forwarded-proto', FORWARDING],
  ['x-forwarded-host', FORWARDING],
  ['x-request-id', FORWARDING],
  ['forwarded', DROPPED],
  ['proxy', DROPPED],
  ['x-forwarded-tls', DROPPED],
  ['x-request-start', DROPPED],
  ['x-real-ip', SPOOF],
  ['x-client-ip', SPOOF],
  ['x-cluster-client-ip', SPOOF],
  ['true-client-ip', SPOOF],
  ['cf-connecting-ip', SPOOF],
  ['x-original-url', SPOOF],
  ['x-rewrite-url', SPOOF],
  ['x-original-host', SPOOF],
  ['te', DOUBTFUL],
  ['upgrade', DOUBTFUL],
  ['trailer', DOUBTFUL],
  ['keep-alive', DOUBTFUL],
  ['proxy-connection', DOUBTFUL],
  ['proxy-authorization', DOUBTFUL],
  ['proxy-authenticate', DOUBTFUL],
  ['proxy-authentication-info', DOUBTFUL],
  ['http2-settings', DOUBTFUL],
  ['accept', ACCEPT],
  ['user-agent', USER_AGENT],
  ['referer', REFERER],
  ['accept-encoding', ACCEPT_ENCODING],
  ['if-none-match', CONDITION],
  ['if-modified-since', CONDITION],
  ['if-match', CONDITION],
  ['if-unmodified-since', CONDITION],
  ['if-range', CONDITION],
  ['range', CONDITION],
]);
const FIELDS = new FieldNames(CODES);
/** Their lines are among those of the head. */
const LEFT_IN: ReadonlySet<number> = new Set([
  CONTENT_LENGTH,
  TRANSFER_ENCODING,
  ACCEPT,
  USER_AGENT,
  REFERER,
  ACCEPT_ENCODING,
  CONDITION,
]);

/** Whether a field of that name, in lower case, may have come without being among the lines of the head. */
export const isLeftOut = (name: string): boolean =>
  !LEFT_IN.has(CODES.get(name) ?? ACCEPT) || name.startsWith('x-forwarded-');

/** Most frequent first. */
const METHODS: readonly string[] = ['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'];
const LONGEST_METHOD = 7;
const VERSION = Buffer.from(' HTTP/1.1\r\n', 'latin1');
/** 15 digits keep within a safe integer. */
const PLAIN_LENGTH = /^(?:0|[1-9][0-9]{0,14})$/;

/**
 * Reads the head that begins at `start`; never looks at or past `end`. `peerTrusted`: the peer is one of
 * `trustedProxies`, so that what it says of the client's address goes on as it is.
 */
export function recognise(
  bytes: Buffer,
  start: number,
  end: number,
  limits: HeadLimits,
  peerTrusted: boolean,
): Recognised {
  const limit = Math.min(end, start + limits.headerBytes);
  const targetStart = afterMethod(bytes, start, limit);
  if (targetStart < 0) return shortOf(targetStart, limit, end);
  const targetEnd = afterTarget(bytes, targetStart, limit);
  if (targetEnd < 0) return shortOf(targetEnd, limit, end);
  if (targetEnd - targetStart > limits.targetBytes) return 'doubt';
  const fieldsStart = afterVersion(bytes, targetEnd, limit);
  if (fieldsStart < 0) return shortOf(fieldsStart, limit, end);
  const fields = new FieldScan(bytes, start, fieldsStart, peerTrusted);
  const headEnd = fields.run(limit, limits.headerCount);
  if (headEnd < 0) return shortOf(headEnd, limit, end);
  return fields.head(targetStart, targetEnd, headEnd);
}

/** Out of bytes is `incomplete`, unless it is the limit that ran out: the full lane knows the answer to that. */
const shortOf = (code: number, limit: number, end: number): 'doubt' | 'incomplete' =>
  code === DOUBT || limit < end ? 'doubt' : 'incomplete';

function afterMethod(bytes: Buffer, start: number, limit: number): number {
  const furthest = Math.min(limit, start + LONGEST_METHOD + 1);
  for (let index = start; index < furthest; index++) {
    const byte = bytes[index] ?? 0;
    if (byte === SPACE) return methodOf(bytes, start, index) === undefined ? DOUBT : index + 1;
    if (byte < 0x41 || byte > 0x5a) return DOUBT;
  }
  return furthest === limit ? INCOMPLETE : DOUBT;
}

function methodOf(bytes: Buffer, start: number, end: number): string | undefined {
  for (const method of METHODS) if (isText(method, bytes, start, end)) return method;
  return undefined;
}

function afterTarget(bytes: Buffer, start: number, limit: number): number {
  let index = start;
  if (index < limit && bytes[index] !== 0x2f) return DOUBT;
  for (; index < limit; index++) {
    const byte = bytes[index] ?? 0;
    if (PATH_BYTE[byte] === 0) break;
    // `//`, `/.` and so every dot segment: canonicalising is the full lane's work.
    if (byte === 0x2f && index + 1 < limit && (bytes[index + 1] === 0x2f || bytes[index + 1] === 0x2e))
      return DOUBT;
  }
  if (index < limit && bytes[index] === 0x3f) index = afterQuery(bytes, index + 1, limit);
  if (index >= limit) return INCOMPLETE;
  return bytes[index] === SPACE ? index : DOUBT;
}

function afterQuery(bytes: Buffer, start: number, limit: number): number {
  let index = start;
  while (index < limit && QUERY_BYTE[bytes[index] ?? 0] === 1) index++;
  return index;
}

function afterVersion(bytes: Buffer, start: number, limit: number): number {
  for (let index = 0; index < VERSION.length; index++) {
    if (start + index >= limit) return INCOMPLETE;
    if (bytes[start + index] !== VERSION[index]) return DOUBT;
  }
  return start + VERSION.length;
}

const NOWHERE: Authority = { host: '', port: undefined };
/** Hashes of the names of the head at hand: heads are read one at a time. */
let seen = new Int32Array(128);
const NOTHING: readonly string[] = [];

/** One pass over the field lines: positions while scanning, strings only for what is kept. In the end it is the head. */
class FieldScan implements RequestHead {
  method = '';
  target = '';
  path = '';
  authority: Authority = NOWHERE;
  lines = '';
  contentLength = 0;
  framed = false;
  close = false;
  expectsContinue = false;
  byteLength = 0;
  forwarding: readonly string[] = NOTHING;
  conditional = false;
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly #peerTrusted: boolean;
  #position: number;
  /** A name that comes twice is unusual enough to be doubtful. */
  #count = 0;
  /** Start of the run of lines that is being forwarded as it is. */
  #runStart: number;
  #host = '';
  /** Where in `lines` each begins and ends; 0 and 0: it has not come. Few requests have them read. */
  #acceptStart = 0;
  #acceptEnd = 0;
  #userAgentStart = 0;
  #userAgentEnd = 0;
  #refererStart = 0;
  #refererEnd = 0;
  #acceptEncodingStart = 0;
  #acceptEncodingEnd = 0;
  #connection = '';
  #expect = '';

  constructor(bytes: Buffer, start: number, fieldsStart: number, peerTrusted: boolean) {
    this.#peerTrusted = peerTrusted;
    this.#bytes = bytes;
    this.#start = start;
    this.#position = fieldsStart;
    this.#runStart = fieldsStart;
  }

  get accept(): string | undefined {
    return this.#noted(this.#acceptStart, this.#acceptEnd);
  }

  get userAgent(): string | undefined {
    return this.#noted(this.#userAgentStart, this.#userAgentEnd);
  }

  get referer(): string | undefined {
    return this.#noted(this.#refererStart, this.#refererEnd);
  }

  get acceptEncoding(): string | undefined {
    return this.#noted(this.#acceptEncodingStart, this.#acceptEncodingEnd);
  }

  get fields(): readonly string[] {
    return fieldsOf(this.lines);
  }

  #noted(start: number, end: number): string | undefined {
    return end === 0 ? undefined : this.lines.slice(start, end);
  }

  /** The end of the head, or INCOMPLETE or DOUBT. */
  run(limit: number, maximum: number): number {
    const bytes = this.#bytes;
    if (maximum > seen.length) seen = new Int32Array(maximum);
    for (;;) {
      if (this.#position >= limit) return INCOMPLETE;
      if (bytes[this.#position] === CR) return this.#blankLine(limit);
      if (this.#count >= maximum) return DOUBT;
      const next = this.#line(limit);
      if (next < 0) return next;
      this.#position = next;
    }
  }

  #blankLine(limit: number): number {
    if (this.#position + 1 >= limit) return INCOMPLETE;
    if (this.#bytes[this.#position + 1] !== LF) return DOUBT;
    this.#endRun(this.#position);
    return this.#position + 2;
  }

  #line(limit: number): number {
    const bytes = this.#bytes;
    let hash = 0;
    let colon = this.#position;
    for (; colon < limit; colon++) {
      const byte = bytes[colon] ?? 0;
      if (NAME_BYTE[byte] === 0) break;
      hash = hashStep(hash, byte);
    }
    if (colon >= limit) return INCOMPLETE;
    if (bytes[colon] !== COLON || colon === this.#position) return DOUBT;
    let end = colon + 1;
    while (end < limit && VALUE_BYTE[bytes[end] ?? 0] === 1) end++;
    if (end + 1 >= limit) return end < limit && bytes[end] !== CR ? DOUBT : INCOMPLETE;
    if (bytes[end] !== CR || bytes[end + 1] !== LF || this.#isRepeated(hash)) return DOUBT;
    const code = FIELDS.codeOf(bytes, this.#position, colon, hash) || this.#forwardedKind(colon);
    return code === PLAIN || this.#meant(code, colon, end) ? end + 2 : DOUBT;
  }

  #isRepeated(hash: number): boolean {
    for (let index = 0; index < this.#count; index++) if (seen[index] === hash) return true;
    seen[this.#count++] = hash;
    return false;
  }

  /** X-Forwarded-Port, -Prefix and whatever else somebody believes. */
  #forwardedKind(colon: number): number {
    const bytes = this.#bytes;
    const start = this.#position;
    if (colon - start <= X_FORWARDED.length || bytes[start + 11] !== 0x2d) return PLAIN;
    for (let index = 0; index < X_FORWARDED.length; index++) {
      if (((bytes[start + index] ?? 0) | 0x20) !== X_FORWARDED[index]) return PLAIN;
    }
    return SPOOF;
  }

  /** A field with a meaning; false when its value is not the plain case. */
  #meant(code: number, colon: number, end: number): boolean {
    if (code === DOUBTFUL) return false;
    if (code === SPOOF && this.#peerTrusted) return true;
    const bytes = this.#bytes;
    let from = colon + 1;
    let to = end;
    while (from < to && (bytes[from] === SPACE || bytes[from] === TAB)) from++;
    while (to > from && (bytes[to - 1] === SPACE || bytes[to - 1] === TAB)) to--;
    if (code >= ACCEPT) return this.#note(code, from, to);
    if (code === HOST) this.#host = isText(lastHost, bytes, from, to) ? lastHost : this.#newHost(from, to);
    else if (code === CONNECTION) this.#connection = connectionText(bytes, from, to);
    else return this.#seldom(code, colon, from, to, end);
    this.#leaveOut(end + 2);
    return to > from;
  }

  #newHost(from: number, to: number): string {
    return (lastHost = this.#bytes.latin1Slice(from, to));
  }

  #seldom(code: number, colon: number, from: number, to: number, end: number): boolean {
    const value = this.#bytes.latin1Slice(from, to);
    if (code === CONTENT_LENGTH) return this.#isPlain(colon, end, value) && this.#length(value);
    if (code === TRANSFER_ENCODING) return this.#isPlain(colon, end, value) && this.#encoding(value);
    this.#leaveOut(end + 2);
    if (code === EXPECT) this.#expect = value.toLowerCase();
    else if (code === FORWARDING && this.#peerTrusted)
      this.forwarding = [...this.forwarding, this.#bytes.latin1Slice(this.#position, colon), value];
    return value !== '' || code >= FORWARDING;
  }

  /** The line goes on as it came: framing with a tab before it or a space after it is read in more than one way. */
  #isPlain(colon: number, end: number, value: string): boolean {
    const spaces = end - colon - 1 - value.length;
    return spaces === 0 || (spaces === 1 && this.#bytes[colon + 1] === SPACE);
  }

  #note(code: number, from: number, to: number): true {
    const shift = this.lines.length - this.#runStart;
    if (code === ACCEPT) {
      this.#acceptStart = from + shift;
      this.#acceptEnd = to + shift;
    } else if (code === USER_AGENT) {
      this.#userAgentStart = from + shift;
      this.#userAgentEnd = to + shift;
    } else if (code === ACCEPT_ENCODING) {
      this.#acceptEncodingStart = from + shift;
      this.#acceptEncodingEnd = to + shift;
    } else if (code === CONDITION) this.conditional = true;
    else {
      this.#refererStart = from + shift;
      this.#refererEnd = to + shift;
    }
    return true;
  }

  #length(value: string): boolean {
    if (this.framed || !PLAIN_LENGTH.test(value)) return false;
    this.framed = true;
    this.contentLength = Number(value);
    return true;
  }

  #encoding(value: string): boolean {
    if (this.framed || value !== 'chunked') return false;
    this.framed = true;
    this.contentLength = -1;
    return true;
  }

  #leaveOut(next: number): void {
    this.#endRun(this.#position);
    this.#runStart = next;
  }

  #endRun(end: number): void {
    if (end > this.#runStart) this.lines += this.#bytes.latin1Slice(this.#runStart, end);
  }

  head(targetStart: number, targetEnd: number, headEnd: number): RequestHead | 'doubt' {
    const authority = knownAuthority(this.#host);
    this.method = methodOf(this.#bytes, this.#start, targetStart - 1) ?? '';
    if (authority === undefined || !this.#connectionIsPlain()) return 'doubt';
    if (this.#expect !== '' && (this.#expect !== '100-continue' || !this.framed)) return 'doubt';
    this.target = this.#bytes.latin1Slice(targetStart, targetEnd);
    const query = this.target.indexOf('?');
    this.path = query < 0 ? this.target : this.target.slice(0, query);
    if (this.path.includes('%') && canonicalPath(this.path) !== this.path) return 'doubt';
    this.authority = authority;
    this.close = this.#connection === 'close';
    this.expectsContinue = this.#expect !== '';
    this.byteLength = headEnd - this.#start;
    return this;
  }

  /** keep-alive or close; never anything named besides. */
  #connectionIsPlain(): boolean {
    const connection = this.#connection;
    return connection === '' || connection === 'keep-alive' || connection === 'close';
  }
}

/** Most requests come for the same host as the one before: no string is made of it then. */
let lastHost = '';
