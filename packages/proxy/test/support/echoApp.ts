// An app for tests, loaded by path as a user's would be: it says what it was asked, and reads, streams or stalls on demand.
import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyPluginAsync } from 'fastify';
import { WebSocketServer } from 'ws';

const BLOCK = Buffer.alloc(64 * 1024, 'x');

const echoApp: FastifyPluginAsync = async (app) => {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));

  app.all('/*', async (request) => ({
    method: request.method,
    url: request.url,
    ip: request.ip,
    headers: request.raw.headers,
  }));

  app.post('/count', async (request) => {
    let bytes = 0;
    for await (const chunk of request.raw) bytes += Buffer.byteLength(chunk);
    return { bytes, trailers: request.raw.trailers };
  });

  /** Answers at once and reads nothing. */
  app.post('/ignore', async () => 'ignored\n');

  app.get('/slow', async (request) => {
    await wait(Number(new URLSearchParams(request.url.split('?')[1]).get('ms')));
    return 'slow\n';
  });

  /** `?blocks=` of 64 KB, as fast as the client takes them. */
  app.get('/blocks', (request, reply) => {
    const blocks = Number(new URLSearchParams(request.url.split('?')[1]).get('blocks'));
    return reply.send(
      Readable.from(
        (function* () {
          for (let sent = 0; sent < blocks; sent++) yield BLOCK;
        })(),
        { objectMode: false },
      ),
    );
  });

  /** Says nothing for `?ms=`, then more than any client takes at once. */
  app.get('/late', async (request, reply) => {
    await wait(Number(new URLSearchParams(request.url.split('?')[1]).get('ms')));
    return reply.send(Buffer.alloc(50_000_000));
  });

  const sockets = new WebSocketServer({ noServer: true });
  app.server.on('upgrade', (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('message', (data, binary) => webSocket.send(data, { binary }));
    });
  });
  app.addHook('onClose', async () => sockets.close());
};

export default echoApp;
