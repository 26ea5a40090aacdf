// An app that answers in each of the ways that Node and the framework know, and says what it was asked in most of them.
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { FastifyPluginAsync, FastifyRequest } from 'fastify';

const answers: FastifyPluginAsync = async (app) => {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  // An answer before the end of the body would depend on how the body is cut.
  app.addHook('preHandler', async ({ headers, raw }) => {
    if ('content-length' in headers || 'transfer-encoding' in headers)
      await finished(raw.resume(), { writable: false });
  });
  app.all('/app/json', async (request) => asked(request));
  app.all('/app/edited', async (request) => asked(request));
  app.all('/app/bytes', (request, reply) =>
    reply.type('text/plain').send(Buffer.from(`\u00e9 ${asked(request).line}`, 'latin1')),
  );
  app.all('/app/text', (request, reply) => reply.type('text/plain').send(`\u20ac ${asked(request).line}`));
  app.all('/app/nothing', (_request, reply) => reply.code(204).send());
  app.all('/app/stream', (_request, reply) =>
    reply.send(Readable.from(['one', 'two'], { objectMode: false })),
  );
  app.all('/app/throws', async () => {
    throw new Error('thrown');
  });
  app.all('/app/hop', (_request, reply) =>
    reply.header('connection', 'close, x-a').header('keep-alive', '5').header('x-a', '1').send('hop'),
  );
  app.all('/app/trailer', (_request, reply) => {
    reply.trailer('x-t', async () => 'v');
    return reply.send('before');
  });
  app.all('/app/pieces', (_request, reply) => {
    reply.hijack();
    reply.raw.writeHead(200, 'Fine', { 'X-Raw': ['1', '2'] });
    reply.raw.write('a');
    setImmediate(() => reply.raw.end('b'));
  });
  app.all('/app/bare', (_request, reply) => {
    reply.hijack();
    reply.raw.setHeader('X-Raw', '1');
    reply.raw.end();
  });
  app.all('/app/flushed', (_request, reply) => {
    reply.hijack();
    reply.raw.writeEarlyHints({ link: '</a.css>; rel=preload' });
    reply.raw.flushHeaders();
    setImmediate(() => reply.raw.end(Buffer.from('late')));
  });
  /** What the request before on the same connection came to. */
  app.all('/app/after', (request, reply) => {
    const seen: string[] = [];
    request.raw.once('end', () => seen.push('end'));
    reply.raw.once('finish', () => seen.push(`finish ${reply.raw.writableFinished}`));
    reply.raw.once('close', () => ends.set(request.socket, `${seen.join()}, closed ${reply.raw.destroyed}`));
    return reply.send(ends.get(request.socket) ?? 'the first');
  });
  app.all('/app/breaks', (_request, reply) => {
    reply.hijack();
    reply.raw.destroy();
  });
  app.all('/app/breaks-late', (_request, reply) => {
    reply.hijack();
    reply.raw.write('half');
    setImmediate(() => reply.raw.destroy());
  });
};

const ends = new WeakMap<Socket, string>();

/** Fields without what differs by time. */
function asked({ raw }: FastifyRequest): { readonly line: string; readonly fields: object } {
  const { 'x-request-start': _start, ...fields } = raw.headers;
  const names = raw.rawHeaders.filter((_, at) => at % 2 === 0);
  return { line: `${raw.method} ${raw.url} ${raw.httpVersion} ${raw.complete}`, fields: [fields, names] };
}

export default answers;
