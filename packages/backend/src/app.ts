// The site as a Fastify plugin: the same one alone, behind the front tier, or inside it.
import websocket from '@fastify/websocket';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { assetRoutes } from './page/assets.ts';
import { homeRoutes } from './page/home.ts';
import type { Front } from './request/front.ts';
import { downloadRoute } from './routes/download.ts';
import { ECHO_MESSAGE_BYTES, echoRoute } from './routes/echo.ts';
import { eventsRoute } from './routes/events.ts';
import { plainRoutes } from './routes/plain.ts';
import { uploadRoute } from './routes/upload.ts';
import type { Site } from './site.ts';

export interface BackendOptions {
  /** Whose word about the client is taken; `none` unless said otherwise. */
  readonly front?: Front;
}

export default async function backend(site: Site, { front = 'none' }: BackendOptions): Promise<void> {
  leaveBodiesToRoutes(site);
  site.setErrorHandler(answerError);
  site.setNotFoundHandler(answerNotFound);
  await site.register(websocket, { options: { maxPayload: ECHO_MESSAGE_BYTES } });
  homeRoutes(site, front);
  assetRoutes(site);
  plainRoutes(site);
  downloadRoute(site);
  uploadRoute(site);
  eventsRoute(site);
  echoRoute(site);
}

/** Bodies of any type stream to the route that asks for them: nothing is parsed and nothing buffered. */
function leaveBodiesToRoutes(site: Site): void {
  site.removeAllContentTypeParsers();
  site.addContentTypeParser('*', (_request, _body, done) => done(null));
}

/** The message of a client's mistake is the client's; that of ours is for the event log of whoever runs this site. */
async function answerError(
  error: FastifyError,
  _request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const status = error.statusCode ?? 500;
  if (status < 500) return reply.code(status).send({ error: 'Bad Request', message: error.message });
  return reply.code(status).send({ error: 'Internal Server Error' });
}

async function answerNotFound(_request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  return reply.code(404).send({ error: 'Not Found', message: 'the home page lists what is here: /' });
}
