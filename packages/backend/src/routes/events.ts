// `/events`: server-sent events, `?count=` of them, one every `?intervalMs=`; a client that comes back goes on where it was.
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { wholeNumber } from '../request/whole-number.ts';
import type { Site } from '../site.ts';

const COUNT = { least: 1, most: 10_000, fallback: 10 };
const INTERVAL_MS = { least: 1, most: 60_000, fallback: 1000 };

export function eventsRoute(site: Site): void {
  site.route({ method: ['GET', 'HEAD'], url: '/events', exposeHeadRoute: false, handler: events });
}

function events(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const count = wholeNumber(request.query, 'count', COUNT);
  const intervalMs = wholeNumber(request.query, 'intervalMs', INTERVAL_MS);
  const seen = lastEventId(request);
  reply.header('cache-control', 'no-store');
  // 204 is how an EventSource is told not to come back (HTML Living Standard, 9.2).
  if (seen >= count) return reply.code(204).send();
  // nginx in front would buffer the stream; this field asks it not to.
  reply.header('content-type', 'text/event-stream').header('x-accel-buffering', 'no');
  return reply.send(request.method === 'HEAD' ? '' : eventStream(seen, count, intervalMs));
}

function lastEventId(request: FastifyRequest): number {
  const value = request.headers['last-event-id'];
  return typeof value === 'string' && /^\d{1,6}$/.test(value) ? Number(value) : 0;
}

/** Holds at most one event unread: the next is made an interval after the last was taken. */
function eventStream(seen: number, count: number, intervalMs: number): Readable {
  let id = seen;
  let timer: NodeJS.Timeout | undefined;
  const emit = (stream: Readable): void => {
    id += 1;
    stream.push(`id: ${id}\ndata: {"id":${id},"of":${count},"atMs":${Date.now()}}\n\n`);
    if (id === count) stream.push(null);
  };
  return new Readable({
    highWaterMark: 1,
    read() {
      if (id === seen) emit(this);
      else timer = setTimeout(emit, intervalMs, this);
    },
    destroy(error, done) {
      clearTimeout(timer);
      done(error);
    },
  });
}
