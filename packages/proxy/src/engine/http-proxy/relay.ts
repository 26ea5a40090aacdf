// The upstream's answer on its way to the client: head in its casing, body with back-pressure, trailers. An answer that
// is not whole is never ended as if it were.
import type { IncomingMessage } from 'node:http';
import { responseFields } from '@tollgate/core';
import type { Exchange } from '../../lane/full/exchange.ts';
import { trailerFields } from '../../policy/trailers.ts';

export function relayAnswer(exchange: Exchange, answer: IncomingMessage): void {
  if (!isSound(answer) || !writeHead(exchange, answer)) {
    answer.destroy();
    exchange.fail('upstream-malformed');
    return;
  }
  relayBody(exchange, answer);
}

/** Two framings at once are two answers to one of the readers (RFC 9112 6.3). Statuses outside 200-599 do not exist. */
export function isSound({ statusCode, headers }: IncomingMessage): boolean {
  if (statusCode === undefined || statusCode < 200 || statusCode > 599) return false;
  return headers['transfer-encoding'] === undefined || headers['content-length'] === undefined;
}

function writeHead(exchange: Exchange, answer: IncomingMessage): boolean {
  const status = answer.statusCode ?? 502;
  const fields = responseFields(answer.rawHeaders, answer.httpVersion);
  const { response } = exchange;
  // RFC 9110 8.6: no Content-Length in a 204.
  const sent = status === 204 ? without(fields, 'content-length') : fields;
  // Node adds a Date of its own to an answer that has none; an upstream's wins.
  try {
    response.writeHead(status, answer.statusMessage, sent);
  } catch {
    // A field that Node will not write, such as a value with a control character.
    return false;
  }
  return true;
}

function without(fields: readonly string[], unwanted: string): string[] {
  return fields.filter((_, at) => (fields[at - (at % 2)] ?? '').toLowerCase() !== unwanted);
}

function relayBody(exchange: Exchange, answer: IncomingMessage): void {
  const { response } = exchange;
  let flushed = false;
  answer.on('data', (chunk: Buffer) => {
    flushed = true;
    if (!response.write(chunk)) answer.pause();
  });
  response.on('drain', () => answer.resume());
  answer.on('end', () => {
    exchange.upstreamEnded();
    if (!answer.complete) return;
    const trailers = trailerFields(answer.rawTrailers);
    if (trailers.length > 0) response.trail(trailers);
    response.end();
  });
  answer.on('error', () => exchange.fail('upstream-reset'));
  answer.on('close', () => {
    if (!answer.complete) exchange.fail('upstream-reset');
  });
  // An event stream may be silent after its head for long; the head must not wait for the first event.
  setImmediate(() => {
    if (!flushed && !exchange.over && !response.writableEnded) response.flushHead();
  });
}
