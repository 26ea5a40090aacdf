// `app`: a Fastify plugin in this process, loaded by module path. It sees the request as it would behind a hop.
import { createServer, STATUS_CODES, type Server } from 'node:http';
import { pathToFileURL } from 'node:url';
import Fastify, {
  type FastifyInstance,
  type FastifyPluginAsync,
  type FastifyPluginCallback,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import type { Exchange } from '../lane/full/exchange.ts';
import { rewriteAsForwarded } from '../lane/full/forwardedView.ts';
import { H1Response } from '../lane/full/response.ts';
import { noteSwitch } from './noteSwitch.ts';
import type { EventLog } from '../logs.ts';
import type { AppTarget } from './target.ts';

type Plugin = FastifyPluginAsync | FastifyPluginCallback;

/** An app may wait for its database; a reload waits for the app. */
const START_LIMIT_MS = 60_000;

/** Rejects with the module and what is wrong with it: missing, not a plugin, failed to start, not ready within `limitMs`. */
export async function appTarget(
  module: string,
  eventLog: EventLog,
  limitMs = START_LIMIT_MS,
): Promise<AppTarget> {
  const starting = startApp(module, eventLog);
  const late = Promise.withResolvers<never>();
  const limit = setTimeout(() => {
    late.reject(
      new Error(`app ${module}: not ready within ${limitMs / 1000} s: its import or its start does not end`),
    );
    void closeOnceReady(starting);
  }, limitMs);
  return Promise.race([starting, late.promise]).finally(() => clearTimeout(limit));
}

/** Nobody wants it any more, nor hears of what is wrong with it. */
async function closeOnceReady(starting: Promise<AppTarget>): Promise<void> {
  try {
    await (await starting).close();
  } catch {
    // The start was given up, and said so.
  }
}

async function startApp(module: string, eventLog: EventLog): Promise<AppTarget> {
  const plugin = await importPlugin(module);
  const { app, server } = createApp(eventLog);
  await start(app, plugin, module);
  return {
    kind: 'app',
    readsBody: true,
    get upgrades() {
      return server.listenerCount('upgrade') > 0;
    },
    serve: (exchange) => serveBy(server, exchange),
    answer: (request, response) => void server.emit('request', request, response),
    upgrade: (exchange, head) => upgradeBy(server, exchange, head),
    close: () => app.close(),
  };
}

async function importPlugin(module: string): Promise<Plugin> {
  let loaded: unknown;
  try {
    loaded = await import(pathToFileURL(module).href);
  } catch (cause) {
    throw new Error(`app ${module}: cannot be loaded: ${String(cause)}`, { cause });
  }
  const plugin =
    typeof loaded === 'object' && loaded !== null && 'default' in loaded ? loaded.default : loaded;
  if (isPlugin(plugin)) return plugin;
  throw new Error(`app ${module}: expected a Fastify plugin as default export, got ${typeof plugin}`);
}

function isPlugin(value: unknown): value is Plugin {
  return typeof value === 'function';
}

/** The server never listens: plugins that want one (WebSocket) find it, and the front feeds it. */
function createApp(eventLog: EventLog): { app: FastifyInstance; server: Server } {
  const server = createServer();
  const app = Fastify({
    logger: false,
    // The front has judged size and form; its limits hold per route.
    bodyLimit: Number.MAX_SAFE_INTEGER,
    serverFactory: (handler) => server.on('request', handler),
    // The request id of the front is the one in both logs.
    requestIdHeader: 'x-request-id',
    // The front writes X-Forwarded-For itself, from what it believes.
    trustProxy: true,
  });
  app.addHook('onError', async (request, _reply, error) => {
    // The reply's own status is still 200 here.
    if (statusOf(error) < 500) return;
    eventLog.error({ err: error, requestId: request.id, url: request.url }, 'the app failed');
  });
  app.setErrorHandler(answerSafely);
  return { app, server };
}

const statusOf = (error: unknown): number =>
  error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;

/** For an app without an error handler of its own: the framework's would send the message of whatever was thrown. */
function answerSafely(error: unknown, _request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const status = statusOf(error);
  return reply.code(status).send(status < 500 ? error : { statusCode: status, error: STATUS_CODES[status] });
}

/** What a plugin is told: the fields about the client are the front's, and to be believed. */
const INSIDE_A_FRONT = { front: 'in-process' };

async function start(app: FastifyInstance, plugin: Plugin, module: string): Promise<void> {
  try {
    await app.register(plugin, INSIDE_A_FRONT);
    await app.ready();
  } catch (cause) {
    await app.close();
    throw new Error(`app ${module}: failed to start: ${String(cause)}`, { cause });
  }
}

function serveBy(server: Server, exchange: Exchange): void {
  rewriteAsForwarded(exchange);
  exchange.response.byApp = true;
  server.emit('request', exchange.request, exchange.response);
}

/** The plugin gets the bare socket, as from Node's own server; what it answers is read off its first write. */
function upgradeBy(server: Server, exchange: Exchange, head: Buffer): void {
  const { request, response } = exchange;
  if (!(response instanceof H1Response)) return;
  const { socket } = request;
  rewriteAsForwarded(exchange);
  response.detachSocket(socket);
  noteSwitch(exchange, socket);
  server.emit('upgrade', request, socket, head);
}
