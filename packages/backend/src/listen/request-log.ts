// The site's own request log: one record per request, written when its response has closed.
import { createRequestIds, epochMicros } from '@tollgate/core';
import type { RequestLog, RequestRecord } from '@tollgate/log';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { frontFacts } from '../request/front.ts';
import type { Front } from '../request/front.ts';
import { ownTls } from '../request/tls.ts';
import type { Site } from '../site.ts';

/** What is known of a request before its answer closes. */
interface Exchange {
  readonly startMicros: number;
  bytesOut: number;
}

/** nginx's number for a client that left before it was answered in full; never sent. */
const CLIENT_LEFT = 499;

export function recordRequests(site: Site, log: RequestLog, front: Front): void {
  const exchanges = new WeakMap<FastifyRequest, Exchange>();
  const nextId = createRequestIds();
  site.addHook('onRequest', (request, reply, done) => {
    const exchange: Exchange = { startMicros: epochMicros(), bytesOut: 0 };
    exchanges.set(request, exchange);
    // Taken now: a TLS connection that has closed forgets what it was.
    const tls = ownTls(request);
    reply.raw.once('close', () => log.write(record(request, reply, exchange, { front, tls, nextId })));
    done();
  });
  site.addHook('onSend', (request, _reply, payload, done) => {
    const exchange = exchanges.get(request);
    if (exchange !== undefined && request.method !== 'HEAD') countBytes(payload, exchange);
    done(null, payload);
  });
}

function countBytes(payload: unknown, exchange: Exchange): void {
  if (typeof payload === 'string') exchange.bytesOut = Buffer.byteLength(payload);
  else if (Buffer.isBuffer(payload)) exchange.bytesOut = payload.length;
  else if (isStream(payload)) payload.on('data', (chunk) => (exchange.bytesOut += Buffer.byteLength(chunk)));
}

interface Stream {
  on(event: 'data', listener: (chunk: string | Buffer) => void): unknown;
}

const isStream = (payload: unknown): payload is Stream =>
  typeof payload === 'object' && payload !== null && 'pipe' in payload;

interface Surroundings {
  readonly front: Front;
  readonly tls: ReturnType<typeof ownTls>;
  readonly nextId: () => string;
}

function record(
  request: FastifyRequest,
  reply: FastifyReply,
  { startMicros, bytesOut }: Exchange,
  { front, tls, nextId }: Surroundings,
): RequestRecord {
  const behind = frontFacts(request, front);
  return {
    timeMs: Math.trunc(startMicros / 1000),
    client: behind?.client ?? request.raw.socket.remoteAddress ?? 'unix',
    method: request.method,
    scheme: tls === undefined ? 'http' : 'https',
    host: request.hostname.toLowerCase(),
    path: request.url,
    protocol: protocolOf(request.raw.httpVersion),
    status: reply.raw.writableFinished ? reply.statusCode : CLIENT_LEFT,
    bytesIn: bytesIn(request),
    bytesOut,
    durationMs: (epochMicros() - startMicros) / 1000,
    upstreamMs: undefined,
    upstream: undefined,
    tlsVersion: tls?.version,
    tlsCipher: tls?.cipher,
    requestId: behind?.requestId ?? nextId(),
    userAgent: request.headers['user-agent'],
    referer: request.headers.referer,
  };
}

function protocolOf(httpVersion: string): RequestRecord['protocol'] {
  if (httpVersion === '2.0') return 'HTTP/2.0';
  return httpVersion === '1.0' ? 'HTTP/1.0' : 'HTTP/1.1';
}

/** A body that came whole is as long as it said; of others only the routes that count know. */
function bytesIn({ raw, headers, bytesCounted }: FastifyRequest): number {
  const stated = headers['content-length'];
  return raw.complete && stated !== undefined ? Number(stated) : bytesCounted;
}
