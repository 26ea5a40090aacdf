// `/download?bytes=`: a body of any length up to 16 GiB, made as fast as the client takes it.
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { wholeNumber } from '../request/whole-number.ts';
import type { Site } from '../site.ts';
import { downloadPiece } from './download-content.ts';

const BYTES = { least: 0, most: 16 * 1024 ** 3, fallback: 1024 ** 2 };
/** Up to here the answer is one view of the pattern: no stream object on a small request's path. */
const ONE_PIECE_BYTES = 65_536;

export function downloadRoute(site: Site): void {
  // HEAD is handled here: the framework's own would produce every byte and then throw it away.
  site.route({ method: ['GET', 'HEAD'], url: '/download', exposeHeadRoute: false, handler: download });
}

function download(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const bytes = wholeNumber(request.query, 'bytes', BYTES);
  reply
    .header('content-type', 'application/octet-stream')
    .header('content-length', String(bytes))
    .header('cache-control', 'no-store');
  if (request.method === 'HEAD') return reply.send('');
  return reply.send(bytes <= ONE_PIECE_BYTES ? downloadPiece(0, bytes) : downloadStream(bytes));
}

function downloadStream(bytes: number): Readable {
  let sent = 0;
  return new Readable({
    highWaterMark: ONE_PIECE_BYTES,
    read() {
      const piece = downloadPiece(sent, bytes - sent);
      sent += piece.length;
      this.push(piece);
      if (sent === bytes) this.push(null);
    },
  });
}
