// The engine `http-proxy`: @fastify/http-proxy, one Fastify instance per upstream, given a ticket in place of the request.
//
// The plugin routes, hooks and answers as it always does, but it sees `GET /` without fields: its URL parser, its header
// copying, its body parsers and its HTTP client never touch what a client or an upstream has sent. What is asked and
// what is answered is the matter of hop.ts and relay.ts. decisions/0402-http-proxy-wrapped.md lists the faults avoided.
import { createServer, type Server } from 'node:http';
import httpProxy from '@fastify/http-proxy';
import Fastify, { type FastifyInstance } from 'fastify';
import type { UpstreamGroup } from '../../upstream/group.ts';
import type { Engine } from '../engine.ts';
import { HopAgents } from './agents.ts';
import { Desk } from './desk.ts';

export interface HttpProxyOptions {
  readonly group: UpstreamGroup;
  readonly headerMs: number;
  readonly idleMs: number;
}

/** Of an upstream's answer; nginx's largest default buffer is a quarter of it. */
const ANSWER_HEADER_BYTES = 128 * 1024;
/** Never resolved: the plugin only needs some origin to build addresses that nobody uses. */
const ORIGIN = 'http://upstream.invalid';

export async function httpProxyEngine(options: HttpProxyOptions): Promise<Engine> {
  const { group, idleMs } = options;
  const agents = new HopAgents({
    idleSockets: group.config.keepAliveSockets,
    idleMs,
    warm: group.config.warm,
  });
  const desk = new Desk({
    group,
    agents,
    headerMs: options.headerMs,
    maxHeaderBytes: ANSWER_HEADER_BYTES,
  });
  const server = createServer();
  const app = await startPlugin(desk, server);
  return {
    serve: (exchange) => {
      desk.admit(exchange);
      server.emit('request', exchange.request, exchange.response);
    },
    close: async () => {
      await app.close();
      agents.close();
    },
  };
}

async function startPlugin(desk: Desk, server: Server): Promise<FastifyInstance> {
  const app = Fastify({ logger: false, serverFactory: (handler) => server.on('request', handler) });
  await app.register(httpProxy, {
    upstream: ORIGIN,
    httpMethods: ['GET'],
    disableRequestLogging: true,
    undici: { request: desk.ask },
    replyOptions: {
      rewriteRequestHeaders: (request) => ({ ticket: desk.issue(request.raw) }),
      onResponse: (request, reply) => {
        reply.hijack();
        desk.relay(request.raw);
      },
      onError: (reply, { error }) => {
        reply.hijack();
        desk.fail(reply.request.raw, error);
      },
    },
  });
  await app.ready();
  return app;
}
