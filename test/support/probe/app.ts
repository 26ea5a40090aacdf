// The app behind every way of serving in the conformance suite: the real backend, and routes that show or provoke
// what a real site seldom does. One and the same module in this process, behind a hop, or inside the front.
import { createHash } from 'node:crypto';
import { finished } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import backend from '../../../packages/backend/src/app.ts';
import type { BackendOptions } from '../../../packages/backend/src/app.ts';
import { floodRoutes } from './flood.ts';

/** What `/probe/echo` saw of a request. */
export interface Seen {
  readonly method: string;
  readonly target: string;
  /** As they arrived, names in lower case, without HTTP/2's pseudo-fields. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly bytes: number;
  readonly sha256: string;
  readonly trailers: Readonly<Record<string, string | undefined>>;
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

export default async function probe(app: FastifyInstance, options: BackendOptions): Promise<void> {
  await app.register(backend, options);
  app.register(async (routes) => {
    routes.removeAllContentTypeParsers();
    routes.addContentTypeParser('*', (_request, _body, done) => done(null));
    routes.route({ method: METHODS, url: '/probe/echo', exposeHeadRoute: false, handler: echo });
    routes.get('/probe/fields', fields);
    routes.get('/probe/cased', cased);
    routes.get('/probe/hop-fields', hopFields);
    routes.get('/probe/large-fields', largeFields);
    routes.get('/probe/close', close);
    routes.get('/probe/cut', cut);
    routes.get('/probe/throw', () => {
      throw new Error('the password is 1234');
    });
    routes.post('/probe/deaf', deaf);
    floodRoutes(routes);
  });
}

async function echo(request: FastifyRequest): Promise<Seen> {
  const hash = createHash('sha256');
  let bytes = 0;
  request.raw.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    hash.update(chunk);
  });
  await finished(request.raw, { writable: false });
  return {
    method: request.method,
    target: request.url,
    fields: pairs(request.raw.rawHeaders).filter(([name]) => !name.startsWith(':')),
    bytes,
    sha256: hash.digest('hex'),
    trailers: request.raw.trailers,
  };
}

function pairs(flat: readonly string[]): [name: string, value: string][] {
  return flat.flatMap((name, at): [string, string][] =>
    at % 2 === 0 ? [[name.toLowerCase(), flat[at + 1] ?? '']] : [],
  );
}

/** End-to-end fields that have to arrive as they are. */
function fields(_request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply
    .headers({
      'X-MiXeD-CaSe': 'kept',
      'x-empty': '',
      'x-list': ['one', 'two'],
      'Cache-Control': 'max-age=5',
    })
    .header('set-cookie', 'a=1; Path=/')
    .header('set-cookie', 'b=2; HttpOnly')
    .type('text/plain')
    .send('fields');
}

/** Past the framework, which lower-cases names. */
function cased(_request: FastifyRequest, reply: FastifyReply): void {
  reply.hijack();
  reply.raw.writeHead(200, { 'X-MiXeD-CaSe': 'kept', 'content-length': '0' });
  reply.raw.end();
}

/** Fields of the connection between app and front (RFC 9110, 7.6.1): a client must not get them. */
function hopFields(_request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const fields = { connection: 'x-of-the-hop, keep-alive', 'x-of-the-hop': '1', 'keep-alive': 'timeout=1' };
  return reply.headers({ ...fields, 'proxy-connection': 'keep-alive', 'x-kept': '1' }).send('hop');
}

function largeFields(_request: FastifyRequest, reply: FastifyReply): FastifyReply {
  for (let at = 0; at < 12; at++) reply.header(`x-large-${at}`, String(at).repeat(1000).slice(0, 1000));
  return reply.send('large');
}

function close(_request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply.header('connection', 'close').send('closing');
}

/** Begins an answer and breaks the connection in the middle of it. */
async function cut(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  reply.hijack();
  const { raw } = reply;
  const framing = new URLSearchParams(request.url.split('?')[1]).get('framing');
  raw.writeHead(200, framing === 'length' ? { 'content-length': '1000' } : {});
  raw.write('the beginning');
  // Long enough for the beginning to be on its way.
  await wait(50);
  raw.destroy();
}

/** Reads nothing of a body for a while, then all of it. */
async function deaf(request: FastifyRequest): Promise<{ bytes: number }> {
  await wait(600);
  let bytes = 0;
  request.raw.on('data', (chunk: Buffer) => (bytes += chunk.length));
  await finished(request.raw, { writable: false });
  return { bytes };
}
