// Upstreams for tests: Node's server for well-behaved ones, a script of bytes for the others.
import { createServer, type RequestListener, type Server } from 'node:http';
import {
  createServer as createRawServer,
  type AddressInfo,
  type Server as RawServer,
  type Socket,
} from 'node:net';
import { onTestFinished } from 'vitest';

export interface Upstream {
  readonly url: string;
  readonly port: number;
  readonly server: Server;
}

export async function httpUpstream(listener: RequestListener, port = 0): Promise<Upstream> {
  const server = createServer({ keepAliveTimeout: 5000 }, listener);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const bound = await listening(server, port);
  return { url: `http://127.0.0.1:${bound}`, port: bound, server };
}

export interface RawUpstream {
  readonly url: string;
  readonly port: number;
  /** Everything each connection has sent, in the order they came. */
  readonly seen: string[];
  readonly sockets: Socket[];
}

/** `onData` is called with the socket and all its text so far, at every piece. */
export async function rawUpstream(onData: (socket: Socket, text: string) => void): Promise<RawUpstream> {
  const seen: string[] = [];
  const sockets: Socket[] = [];
  const server = createRawServer((socket) => {
    const at = seen.push('') - 1;
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      seen[at] += chunk.toString('latin1');
      onData(socket, seen[at] ?? '');
    });
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const port = await listening(server, 0);
  return { url: `http://127.0.0.1:${port}`, port, seen, sockets };
}

/** Answers every request head with the same bytes. */
export const answering = (bytes: string): ((socket: Socket, text: string) => void) => {
  const answered = new WeakMap<Socket, number>();
  return (socket, text) => {
    const heads = text.split('\r\n\r\n').length - 1;
    const before = answered.get(socket) ?? 0;
    answered.set(socket, heads);
    for (let count = before; count < heads; count++) socket.write(Buffer.from(bytes, 'latin1'));
  };
};

function listening(server: Server | RawServer, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address: AddressInfo | string | null = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}
