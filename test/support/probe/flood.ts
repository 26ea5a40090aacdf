// Endless answers, and what became of them: whether they were held back by a slow reader, and let go when it left.
import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';

export interface Flood {
  /** Bytes made so far. */
  made: number;
  closed: boolean;
}

const NONE_YET: Flood = { made: 0, closed: false };
const PIECE = Buffer.alloc(64 * 1024, 'flood');

export function floodRoutes(app: FastifyInstance): void {
  const floods = new Map<string, Flood>();
  app.get<{ Params: { key: string } }>('/probe/flood/:key', (request, reply) => {
    const flood: Flood = { made: 0, closed: false };
    floods.set(request.params.key, flood);
    reply.raw.once('close', () => (flood.closed = true));
    return reply.type('application/octet-stream').send(endless(flood));
  });
  app.get<{ Params: { key: string } }>(
    '/probe/flooded/:key',
    (request) => floods.get(request.params.key) ?? NONE_YET,
  );
  app.post<{ Params: { key: string } }>('/probe/swallow/:key', (request, reply) => {
    const flood: Flood = { made: 0, closed: false };
    floods.set(request.params.key, flood);
    request.raw.on('data', (chunk: Buffer) => (flood.made += chunk.length));
    let ended = false;
    request.raw.once('close', () => (flood.closed = !ended));
    request.raw.once('end', () => {
      ended = true;
      void reply.send({ bytes: flood.made });
    });
    return reply;
  });
}

function endless(flood: Flood): Readable {
  return new Readable({
    read() {
      // Not at once: without back-pressure it would never let go of the event loop, and a test could not fail.
      setImmediate(() => {
        flood.made += PIECE.length;
        this.push(PIECE);
      });
    },
  });
}
