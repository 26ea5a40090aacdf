// Bytes that Node's parser refuses: the status that fits, a record, and a close that lets the answer arrive.
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { errorEntry, type ErrorCode } from '@tollgate/core';
import type { ClientConnection } from '../../connection.ts';
import { errorAnswer } from '../../policy/errorAnswer.ts';
import { sizedFields } from '../../target/prepared.ts';
import type { LaneContext } from '../lane.ts';
import type { Exchange } from './exchange.ts';
import { lingerOnClose } from './linger.ts';

export interface ClientError {
  readonly context: LaneContext;
  readonly connection: ClientConnection;
  readonly socket: Socket;
  /** Its request was incomplete when the bytes came: they belong to its body. */
  readonly exchange: Exchange | undefined;
  /** The last exchange under way; without `exchange`, the bytes follow its request. */
  readonly before: Exchange | undefined;
  readonly error: Error;
}

const CODES: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'body-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
};

export function answerClientError(failed: ClientError): void {
  const { socket, exchange, error } = failed;
  const code = codeOf(error);
  if (code === undefined || !socket.writable || isSilent(failed, code)) {
    socket.destroy();
    return;
  }
  stopReading(socket);
  if (exchange === undefined && failed.before !== undefined) endAfter(failed.before, socket);
  else if (exchange === undefined) answerBare(failed, code);
  else exchange.fail(code);
  if (exchange?.response.headersSent === true && exchange.failure !== code) socket.destroySoon();
}

/** Node reports what its parser refuses by the parser's own codes. */
export function isParserError(error: Error): boolean {
  return 'code' in error && String(error.code).startsWith('HPE_');
}

/** A good request is answered although no request follows it; then the connection ends. */
function endAfter(exchange: Exchange, socket: Socket): void {
  exchange.closing = true;
  exchange.response.once('close', () => socket.destroySoon());
}

/** `undefined`: the socket failed, or the client left; there is nobody to answer. */
function codeOf(error: Error): ErrorCode | undefined {
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'HPE_INVALID_EOF_STATE') return undefined;
  // Node has one code for a version it does not speak and for a line end that is none.
  if ('reason' in error && error.reason === 'Invalid HTTP version') return 'version-unsupported';
  return CODES[code] ?? (code.startsWith('HPE_') ? 'request-malformed' : undefined);
}

/** Browsers open connections ahead and may never use them: no answer, no record. */
function isSilent({ socket, exchange }: ClientError, code: ErrorCode): boolean {
  return code === 'request-timeout' && exchange === undefined && socket.bytesRead === 0;
}

/** The parser would report every further piece again. */
function stopReading(socket: Socket): void {
  socket.removeAllListeners('data');
  socket.removeAllListeners('end');
  lingerOnClose(socket);
}

function answerBare(failed: ClientError, code: ErrorCode): void {
  const { context, connection, socket } = failed;
  context.counters.refused(code);
  const bytesOut = writeAnswer(socket, code);
  context.requestLog.write({
    timeMs: Date.now(),
    client: connection.peer.address,
    method: '',
    scheme: connection.scheme,
    host: '',
    path: '',
    protocol: 'HTTP/1.1',
    status: errorEntry(code).status,
    bytesIn: 0,
    bytesOut,
    durationMs: 0,
    upstreamMs: undefined,
    upstream: undefined,
    tlsVersion: connection.tls?.version,
    tlsCipher: connection.tls?.cipher,
    requestId: context.nextId(),
    userAgent: undefined,
    referer: undefined,
  });
}

/** Returns the body's size. */
function writeAnswer(socket: Socket, code: ErrorCode): number {
  const answer = errorAnswer(code, undefined);
  const { status, body } = answer;
  const fields = sizedFields(answer);
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nDate: ${new Date().toUTCString()}\r\n`;
  for (let at = 0; at < fields.length; at += 2) head += `${fields[at]}: ${fields[at + 1]}\r\n`;
  socket.write(Buffer.concat([Buffer.from(`${head}Connection: close\r\n\r\n`, 'latin1'), body]));
  socket.destroySoon();
  return body.length;
}
