// What the configurations of the reload test lead to. Every server says `hello` when it has read the whole request, and says
// everything twice over a WebSocket.
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createRawServer, type AddressInfo, type Server as RawServer } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { WebSocketServer } from 'ws';

/** Of each POST; more than a socket takes at once. */
export const POSTED = 'posted '.repeat(20_000);

/** Addresses of servers. */
export interface Places {
  readonly first: string;
  readonly second: string;
  /** The first by a name. */
  readonly named: string;
  /** https, with the certificate of `first.example`. */
  readonly tls: string;
  /** Wants a PROXY header of version 1 before each connection. */
  readonly proxied: string;
  /** Of these servers, those that no request has reached. */
  unasked(): readonly string[];
}

/** `directory` has the pair `first`. */
export async function startPlaces(directory: string): Promise<Places> {
  const cert = readFileSync(join(directory, 'first.pem'));
  const key = readFileSync(join(directory, 'first.key'));
  const servers = {
    first: speaking(createServer()),
    second: speaking(createServer()),
    tls: speaking(createTlsServer({ cert, key })),
    proxied: speaking(createServer()),
  };
  const unasked = new Set(Object.keys(servers));
  for (const [name, server] of Object.entries(servers)) server.once('request', () => unasked.delete(name));
  const first = await listening(servers.first);
  return {
    first: `http://127.0.0.1:${first}`,
    second: `http://127.0.0.1:${await listening(servers.second)}`,
    named: `http://localhost:${first}`,
    tls: `https://127.0.0.1:${await listening(servers.tls)}`,
    proxied: `http://127.0.0.1:${await listening(behindProxyHeader(servers.proxied))}`,
    unasked: () => [...unasked],
  };
}

function speaking<Speaker extends Server>(server: Speaker): Speaker {
  const sockets = new WebSocketServer({ noServer: true });
  server.on('request', (request, response) => {
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    request.on('end', () => {
      const whole = bytes === (request.method === 'POST' ? POSTED.length : 0);
      response.writeHead(whole ? 200 : 400).end('hello');
    });
  });
  server.on('upgrade', (request, socket, head) =>
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('message', (data) => webSocket.send(data));
    }),
  );
  return server;
}

function behindProxyHeader(server: Server): RawServer {
  return createRawServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', (chunk: Buffer) => {
      const line = /^PROXY TCP4 127\.0\.0\.1 .*?\r\n/.exec(chunk.toString('latin1'))?.[0];
      if (line === undefined) return socket.destroy();
      socket.unshift(chunk.subarray(line.length));
      return server.emit('connection', socket);
    });
  });
}

function listening(server: RawServer): Promise<number> {
  onTestFinished(() => {
    server.close();
    if ('closeAllConnections' in server && typeof server.closeAllConnections === 'function')
      server.closeAllConnections();
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const at = server.address();
      resolve(isBound(at) ? at.port : 0);
    });
  });
}

const isBound = (at: AddressInfo | string | null): at is AddressInfo => typeof at === 'object' && at !== null;
