// One pass over the header fields: sizes, characters, framing (RFC 9112 section 6), Host, Connection, Expect, Upgrade.
import type { RequestHead } from './head.ts';
import type { Limits } from '../config/types.ts';
import { FIELD_VALUE, hasOnly, TOKEN } from './characters.ts';
import { refuse, type Refusal } from './refusal.ts';
import { compileNames } from '../headers/names.ts';

/** What the head says of itself beside its target. Filled by `readFields` and read-only after. */
export class Fields {
  readonly kind = 'fields';
  host: string | undefined = undefined;
  contentLength: number | undefined = undefined;
  chunked = false;
  /** Tokens of Connection that change what happens to the connection. */
  close = false;
  keepAlive = false;
  upgradeAsked = false;
  webSocket = false;
  expectContinue = false;
}

type HeadLimits = Pick<Limits, 'headerBytes' | 'headerCount'>;

export function readFields(head: RequestHead, limits: HeadLimits): Fields | Refusal {
  const { rawHeaders } = head;
  if (rawHeaders.length > limits.headerCount * 2) return refuse('headers-too-many');
  const fields = new Fields();
  let bytes = 0;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    const value = rawHeaders[at + 1] ?? '';
    bytes += name.length + value.length + 4;
    if (bytes > limits.headerBytes) return refuse('headers-too-large');
    const refusal = readField(fields, head, name, value);
    if (refusal !== undefined) return refusal;
  }
  return checkTogether(fields, head);
}

function readField(fields: Fields, head: RequestHead, name: string, value: string): Refusal | undefined {
  if (!hasOnly(FIELD_VALUE, value)) return refuse('header-value');
  if (head.protocol === 'h2' && name.charCodeAt(0) === 0x3a) return undefined; // pseudo-header: has its own place
  if (name.length === 0 || !hasOnly(TOKEN, name)) return refuse('header-name');
  const known = knownName(name);
  return known === undefined ? undefined : readKnown(fields, head, known, value);
}

/** The names in `readKnown`; every other field skips the comparison. */
const knownName = compileNames([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'proxy-connection',
  'upgrade',
  'te',
  'expect',
]);

function readKnown(fields: Fields, head: RequestHead, name: string, value: string): Refusal | undefined {
  switch (name) {
    case 'host':
      return readHost(fields, value);
    case 'content-length':
      return readContentLength(fields, value);
    case 'transfer-encoding':
      return head.protocol === 'h2'
        ? refuse('connection-specific-field')
        : readTransferEncoding(fields, value);
    case 'connection':
      return head.protocol === 'h2' ? refuse('connection-specific-field') : readConnection(fields, value);
    case 'keep-alive':
    case 'proxy-connection':
      return head.protocol === 'h2' ? refuse('connection-specific-field') : undefined;
    case 'upgrade':
      if (head.protocol === 'h2') return refuse('connection-specific-field');
      fields.webSocket = value.toLowerCase() === 'websocket';
      return undefined;
    case 'te':
      return head.protocol === 'h2' && value.toLowerCase() !== 'trailers'
        ? refuse('connection-specific-field')
        : undefined;
    case 'expect':
      if (value.toLowerCase() !== '100-continue') return refuse('expectation-unsupported');
      fields.expectContinue = true;
      return undefined;
    default:
      return undefined;
  }
}

function readHost(fields: Fields, value: string): Refusal | undefined {
  if (fields.host !== undefined) return refuse('host-repeated');
  fields.host = value;
  return undefined;
}

/**
 * Digits only: no sign, no list, no space, and no leading zero, which some readers take for octal. Two equal lengths are
 * refused as well (RFC 9112 6.3 allows either).
 */
function readContentLength(fields: Fields, value: string): Refusal | undefined {
  if (fields.contentLength !== undefined) return refuse('content-length-repeated');
  // 15 digits are exact in a double, and a petabyte is beyond every body.
  if (!/^(?:0|[1-9]\d{0,14})$/.test(value)) return refuse('content-length-invalid');
  fields.contentLength = Number(value);
  return undefined;
}

function readTransferEncoding(fields: Fields, value: string): Refusal | undefined {
  if (fields.chunked) return refuse('transfer-encoding-repeated');
  const lower = value.toLowerCase();
  if (lower !== 'chunked') {
    // RFC 9112 6.1 and 6.3: 501 for a coding that is not spoken, 400 when the last one does not delimit the body.
    return refuse(
      /^(?:(?!chunked\b)[\w-]+[ \t]*,[ \t]*)+chunked$/.test(lower)
        ? 'transfer-encoding-unsupported'
        : 'transfer-encoding-invalid',
    );
  }
  fields.chunked = true;
  return undefined;
}

function readConnection(fields: Fields, value: string): undefined {
  for (const item of value.split(',')) {
    const token = item.trim().toLowerCase();
    if (token === 'close') fields.close = true;
    else if (token === 'keep-alive') fields.keepAlive = true;
    else if (token === 'upgrade') fields.upgradeAsked = true;
  }
}

function checkTogether(fields: Fields, head: RequestHead): Fields | Refusal {
  if (fields.chunked && fields.contentLength !== undefined) return refuse('framing-conflict');
  // RFC 9112 6.1: chunked in HTTP/1.0 is faulty framing, and peers of that age read the body by close.
  if (fields.chunked && head.httpVersion === '1.0') return refuse('transfer-encoding-http10');
  const upgrades = fields.webSocket && fields.upgradeAsked;
  // A body before a protocol change is the bytes that one side reads as HTTP and the other as the new protocol.
  if (upgrades && (fields.chunked || (fields.contentLength ?? 0) > 0)) return refuse('upgrade-with-body');
  return fields;
}
