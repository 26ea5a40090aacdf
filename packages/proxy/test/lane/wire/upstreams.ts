// Upstreams in raw bytes for the tests of the wire lane, and a front before them.
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { PolicyConfig } from '@tollgate/core';
import { onTestFinished } from 'vitest';
import { plain, route, startFront, upstream, type Running, type Wanted } from '../../support/front.ts';

export interface RawUpstream {
  readonly port: number;
  readonly sockets: Socket[];
  /** What each socket has received, in order of connection. */
  readonly received: string[];
}

/** `answer` is called with each piece that comes, and the number of its socket. */
export async function rawUpstream(
  answer: (socket: Socket, text: string, index: number) => void,
): Promise<RawUpstream> {
  const sockets: Socket[] = [];
  const received: string[] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    const index = sockets.push(socket) - 1;
    received[index] = '';
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      received[index] += bytes.toString('latin1');
      answer(socket, bytes.toString('latin1'), index);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = server.address();
  return { port: typeof address === 'object' && address !== null ? address.port : 0, sockets, received };
}

/** A plain-http front whose only route is the upstream, by the wire engine. */
export function frontBefore(
  { port }: { readonly port: number },
  wanted: Wanted = {},
  policy: PolicyConfig = {},
): Promise<Running> {
  const target = upstream([`http://127.0.0.1:${port}`], { engine: 'wire', maxFails: 1000 });
  return startFront(plain({ routes: [route('/', target, undefined, policy)], ...wanted }));
}

export const ok = (body: string): string =>
  `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

export const get = (path = '/', more = ''): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
