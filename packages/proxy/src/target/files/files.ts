// `files`: serves a directory. Preconditions, ranges and codings; nothing hidden, nothing outside, nothing but GET and HEAD.
import { stat } from 'node:fs/promises';
import type { FilesConfig } from '@tollgate/core';
import type { Exchange } from '../../lane/full/exchange.ts';
import type { CompileOptions, FilesTarget } from '../target.ts';
import { conditionsIn } from './conditions.ts';
import { Directory } from './directory.ts';
import type { FileReply, FileRequest } from './reply.ts';

/** Rejects when the directory cannot be read. */
export async function filesTarget(config: FilesConfig, { eventLog }: CompileOptions): Promise<FilesTarget> {
  const entry = await stat(config.directory).catch(() => undefined);
  if (entry?.isDirectory() !== true) {
    throw new Error(`files ${config.directory}: expected a directory that can be read`);
  }
  return filesOf(new Directory(config, eventLog));
}

export function filesOf(directory: Directory): FilesTarget {
  return {
    kind: 'files',
    directory,
    readsBody: false,
    upgrades: false,
    serve: (exchange) => void serve(directory, exchange),
    upgrade: (exchange) => exchange.fail('file-missing'),
    close: async () => directory.close(),
  };
}

/** Never rejects. */
async function serve(directory: Directory, exchange: Exchange): Promise<void> {
  const request = requestOf(exchange);
  if (request === undefined) return;
  const reply = directory.replyAtOnce(request) ?? (await directory.reply(request));
  try {
    await send(exchange, reply);
  } catch (error) {
    directory.unreadable(error);
    exchange.fail('files-unreadable');
  } finally {
    if (reply.kind === 'file') await reply.file.close();
  }
}

function requestOf({ head, asked, request, routePath }: Exchange): FileRequest | undefined {
  if (head === undefined || asked === undefined) return undefined;
  const { headers } = request;
  return {
    method: head.method,
    path: head.path,
    routePath,
    asked,
    acceptEncoding: headers['accept-encoding']?.toString(),
    conditions: conditionsIn(headers),
  };
}

async function send(exchange: Exchange, reply: FileReply): Promise<void> {
  // Ended, or answered in our place, while the file was being read.
  if (exchange.over || exchange.failure !== undefined) return;
  if (reply.kind === 'answer') exchange.answer(reply.answer);
  else if (reply.kind === 'error') exchange.refuse(reply.code, reply.fields);
  else await sendOpen(exchange, reply);
}

/** Piece by piece, no faster than the client reads; the head goes with the first, so that a file which has none is an error. */
async function sendOpen(
  exchange: Exchange,
  { status, fields, file }: Extract<FileReply, { kind: 'file' }>,
): Promise<void> {
  const { response } = exchange;
  let piece = file.done ? NO_BYTES : await file.next();
  if (exchange.over || exchange.failure !== undefined) return;
  if (piece !== undefined) response.writeHead(status, [...fields]);
  while (piece !== undefined && !file.done && !exchange.over) {
    if (!response.write(piece)) await drained(exchange);
    piece = await file.next();
  }
  if (exchange.over) return;
  if (piece === undefined) exchange.fail('files-unreadable');
  else if (piece.length > 0) response.end(piece);
  else response.end();
}

const NO_BYTES = Buffer.alloc(0);

/** Also resolves when there is nobody left to write to. */
function drained(exchange: Exchange): Promise<void> {
  return new Promise((resolve) => {
    // The client may have left while the file was being read: nothing tells of it again.
    if (exchange.over) resolve();
    exchange.response.once('drain', resolve);
    exchange.onOver(resolve);
  });
}
