// The site's own request log: one record per request, written when its response has closed.
import { createRequestIds, epochMicros } from '@tollgate/core';
import type { ForwardedTls } from '@tollgate/core';
import type { RequestLog, RequestRecord } from '@tollgate/log';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { frontFacts } from '../request/front.ts';
import type { Front } from '../request/front.ts';
import { ownTls } from '../request/tls.ts';
import type { Site } from '../site.ts';

/** What is noted while a request is under way. */
interface Exchange {
  readonly startMicros: number;
  /** Taken at the start: a connection that has closed forgets its peer and its TLS. */
  readonly client: string;
  readonly requestId: string;
  readonly tls: ForwardedTls | undefined;
  bytesIn: number;
  bytesOut: number;
}

/** nginx's number for a client that left before it was answered in full; never sent. */
const CLIENT_LEFT = 499;

export function recordRequests(site: Site, log: Pick<RequestLog, 'write'>, front: Front): void {
  const exchanges = new WeakMap<FastifyRequest, Exchange>();
  const nextId = createRequestIds();
  site.addHook('onRequest', (request, reply, done) => {
    const exchange = begin(request, front, nextId);
    exchanges.set(request, exchange);
    countArrivals(request, exchange);
    reply.raw.once('close', () => log.write(record(request, reply, exchange)));
    done();
  });
  site.addHook('onSend', (request, _reply, payload, done) => {
    const exchange = exchanges.get(request);
    if (exchange !== undefined && request.method !== 'HEAD') countAnswer(payload, exchange);
    done(null, payload);
  });
}

function begin(request: FastifyRequest, front: Front, nextId: () => string): Exchange {
  const behind = frontFacts(request, front);
  return {
    startMicros: epochMicros(),
    client: behind?.client ?? request.raw.socket.remoteAddress ?? 'unix',
    requestId: behind?.requestId ?? nextId(),
    tls: ownTls(request),
    bytesIn: 0,
    bytesOut: 0,
  };
}

/** Node pushes a body here, whoever reads it; a listener for its data would begin to read it. */
function countArrivals({ raw }: FastifyRequest, exchange: Exchange): void {
  const push = raw.push.bind(raw);
  raw.push = (chunk: unknown, encoding?: BufferEncoding) => {
    if (chunk instanceof Uint8Array) exchange.bytesIn += chunk.length;
    return push(chunk, encoding);
  };
}

function countAnswer(payload: unknown, exchange: Exchange): void {
  if (typeof payload === 'string') exchange.bytesOut = Buffer.byteLength(payload);
  else if (Buffer.isBuffer(payload)) exchange.bytesOut = payload.length;
  else if (isStream(payload)) payload.on('data', (chunk) => (exchange.bytesOut += Buffer.byteLength(chunk)));
}

interface Stream {
  on(event: 'data', listener: (chunk: string | Buffer) => void): unknown;
}

const isStream = (payload: unknown): payload is Stream =>
  typeof payload === 'object' && payload !== null && 'pipe' in payload;

function record(request: FastifyRequest, reply: FastifyReply, exchange: Exchange): RequestRecord {
  const { startMicros, tls } = exchange;
  return {
    timeMs: Math.trunc(startMicros / 1000),
    client: exchange.client,
    method: request.method,
    scheme: tls === undefined ? 'http' : 'https',
    host: request.hostname.toLowerCase(),
    path: request.url,
    protocol: protocolOf(request.raw.httpVersion),
    status: wasAnswered(reply) ? reply.statusCode : CLIENT_LEFT,
    bytesIn: exchange.bytesIn,
    bytesOut: exchange.bytesOut,
    durationMs: (epochMicros() - startMicros) / 1000,
    upstreamMs: undefined,
    upstream: undefined,
    tlsVersion: tls?.version,
    tlsCipher: tls?.cipher,
    requestId: exchange.requestId,
    userAgent: request.headers['user-agent'],
    referer: request.headers.referer,
  };
}

/** A reset HTTP/2 stream counts as finished though nothing was sent on it. */
const wasAnswered = ({ raw }: FastifyReply): boolean => raw.writableFinished && raw.headersSent;

function protocolOf(httpVersion: string): RequestRecord['protocol'] {
  if (httpVersion === '2.0') return 'HTTP/2.0';
  return httpVersion === '1.0' ? 'HTTP/1.0' : 'HTTP/1.1';
}
