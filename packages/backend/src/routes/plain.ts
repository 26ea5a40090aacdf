// The small answers: `/healthz`, `/slow?ms=`, `/status?code=`, and `/trailers`, which shows trailer fields both ways.
import { createHash } from 'node:crypto';
import { finished } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { wholeNumber } from '../request/whole-number.ts';
import type { Site } from '../site.ts';

const SLOW_MS = { least: 0, most: 60_000, fallback: 1000 };
/** No 1xx: those are never the answer (RFC 9110, 15.2). */
const STATUS = { least: 200, most: 599, fallback: 200 };
const HEALTHY = Buffer.from('ok\n');

export function plainRoutes(site: Site): void {
  site.get('/healthz', healthz);
  site.get('/slow', slow);
  site.get('/status', status);
  site.route({
    method: ['GET', 'HEAD', 'POST'],
    url: '/trailers',
    exposeHeadRoute: false,
    handler: trailers,
  });
}

function healthz(_request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply.header('content-type', 'text/plain').header('cache-control', 'no-store').send(HEALTHY);
}

async function slow(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const ms = wholeNumber(request.query, 'ms', SLOW_MS);
  const left = new AbortController();
  reply.raw.once('close', () => left.abort());
  await wait(ms, undefined, { signal: left.signal });
  return reply.header('cache-control', 'no-store').send({ waitedMs: ms });
}

function status(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const code = wholeNumber(request.query, 'code', STATUS);
  reply.code(code).header('cache-control', 'no-store');
  // These three have no content (RFC 9110, 15.3.5, 15.3.6 and 15.4.5).
  return code === 204 || code === 205 || code === 304 ? reply.send() : reply.send({ status: code });
}

async function trailers(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  // Trailer fields are known only when the body has ended.
  await finished(request.raw.resume(), { writable: false });
  const body = JSON.stringify({ trailers: request.raw.trailers });
  reply.header('content-type', 'application/json').header('cache-control', 'no-store');
  // Without a body there is no trailer either; the framework would announce both framings at once.
  if (request.method === 'HEAD') return reply.send();
  const digest = createHash('sha256').update(body).digest('base64');
  return reply.trailer('repr-digest', async () => `sha-256=:${digest}:`).send(body);
}
