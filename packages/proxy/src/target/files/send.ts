// A found file on its way to the client: preconditions first, then the part asked for, closed whatever happens.
import type { FileHandle } from 'node:fs/promises';
import type { FilesConfig } from '@tollgate/core';
import type { Exchange } from '../../lane/full/exchange.ts';
import { evaluate, rangeOf, type Range } from './conditions.ts';
import type { FoundFile } from './foundFile.ts';

const READ_BYTES = 64 * 1024;

export async function sendFile(exchange: Exchange, file: FoundFile, config: FilesConfig): Promise<void> {
  try {
    await answer(exchange, file, config);
  } finally {
    if (!Buffer.isBuffer(file.content)) await file.content.close();
  }
}

async function answer(exchange: Exchange, file: FoundFile, config: FilesConfig): Promise<void> {
  const { headers } = exchange.request;
  const fields = validatorFields(file, config);
  const outcome = evaluate(headers, file);
  if (outcome === 'failed') {
    exchange.fail('precondition-failed');
    return;
  }
  if (outcome === 'not-modified') {
    exchange.answer({ status: 304, fields, body: NOTHING });
    return;
  }
  const range = exchange.head?.method === 'GET' ? rangeOf(headers, file.size, file) : undefined;
  if (range === 'unsatisfiable') refuseRange(exchange, file.size);
  else await sendPart(exchange, file, fields, range);
}

const NOTHING = Buffer.alloc(0);

/** Those that RFC 9110 15.4.5 wants in a 304, too. */
function validatorFields(file: FoundFile, config: FilesConfig): string[] {
  const fields = ['ETag', file.etag, 'Last-Modified', new Date(file.mtimeMs).toUTCString()];
  if (file.varies) fields.push('Vary', 'Accept-Encoding');
  if (config.cacheControl !== undefined) fields.push('Cache-Control', config.cacheControl);
  return fields;
}

function refuseRange(exchange: Exchange, size: number): void {
  exchange.refuse('range-unsatisfiable', ['Content-Range', `bytes */${size}`]);
}

async function sendPart(
  exchange: Exchange,
  file: FoundFile,
  fields: string[],
  range: Range | undefined,
): Promise<void> {
  const { start, end } = range ?? { start: 0, end: file.size - 1 };
  const length = end - start + 1;
  fields.push('Content-Type', file.type, 'Content-Length', String(length), 'Accept-Ranges', 'bytes');
  // A browser that guesses a type makes a script of an upload.
  fields.push('X-Content-Type-Options', 'nosniff');
  if (file.coding !== undefined) fields.push('Content-Encoding', file.coding);
  if (range !== undefined) fields.push('Content-Range', `bytes ${start}-${end}/${file.size}`);
  exchange.response.writeHead(range === undefined ? 200 : 206, fields);
  if (exchange.head?.method === 'HEAD' || length <= 0) exchange.response.end();
  else if (Buffer.isBuffer(file.content)) exchange.response.end(file.content.subarray(start, end + 1));
  else await sendOpen(exchange, file.content, start, length);
}

/** Piece by piece, no faster than the client reads. A file that shrinks meanwhile cannot be sent whole: it is cut. */
async function sendOpen(exchange: Exchange, file: FileHandle, start: number, length: number): Promise<void> {
  const { response } = exchange;
  let left = length;
  let at = start;
  while (left > 0 && !exchange.over) {
    const { bytesRead, buffer } = await file.read(
      Buffer.allocUnsafe(Math.min(READ_BYTES, left)),
      0,
      undefined,
      at,
    );
    if (bytesRead === 0) {
      exchange.fail('files-unreadable');
      return;
    }
    left -= bytesRead;
    at += bytesRead;
    const goesOn = response.write(buffer.subarray(0, bytesRead));
    if (!goesOn && left > 0) await drained(exchange);
  }
  response.end();
}

/** Also resolves when there is nobody left to write to. */
function drained(exchange: Exchange): Promise<void> {
  return new Promise((resolve) => {
    // The client may have left while the file was being read: nothing tells of it again.
    if (exchange.over) resolve();
    exchange.response.once('drain', resolve);
    exchange.onOver(resolve);
  });
}
