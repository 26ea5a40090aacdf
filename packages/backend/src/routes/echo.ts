// `/ws`: a WebSocket that sends back what it is sent, text as text and bytes as bytes.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { WebSocket } from '@fastify/websocket';
import type { Site } from '../site.ts';

export const ECHO_MESSAGE_BYTES = 16 * 1024 ** 2;
/** A client that does not read its echoes is not read from either. */
const UNSENT_BYTES = 1024 ** 2;

export function echoRoute(site: Site): void {
  site.route({ method: 'GET', url: '/ws', handler: upgradeRequired, wsHandler: echo });
}

function upgradeRequired(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  // Upgrade is a connection-specific field, which HTTP/2 forbids (RFC 9113, 8.2.2).
  if (request.raw.httpVersionMajor === 1)
    reply.header('upgrade', 'websocket').header('connection', 'upgrade');
  return reply.code(426).send({ error: 'Upgrade Required', message: 'open this address as a WebSocket' });
}

function echo(socket: WebSocket): void {
  socket.on('message', (data, isBinary) => {
    socket.send(data, { binary: isBinary }, () => {
      if (socket.isPaused && socket.bufferedAmount < UNSENT_BYTES) socket.resume();
    });
    if (socket.bufferedAmount >= UNSENT_BYTES) socket.pause();
  });
}
