// What an app answers to an upgrade goes straight to the socket: the status is read off the first bytes it writes.
import type { Socket } from 'node:net';
import { GOING_AWAY } from '../engine/goingAway.ts';
import type { Exchange } from '../lane/full/exchange.ts';

/** `socket` has just been given to the app, with nothing written. */
export function noteSwitch(exchange: Exchange, socket: Socket): void {
  const write = socket.write.bind(socket);
  const firstWrite = (...given: Parameters<Socket['write']>): boolean => {
    Object.assign(socket, { write });
    exchange.switched(statusOf(given[0]), () => leave(socket));
    countBytes(exchange, socket);
    return write(...given);
  };
  Object.assign(socket, { write: firstWrite });
}

/** The app reads and writes the socket itself: what the socket counts is all there is. Before the record is made. */
function countBytes(exchange: Exchange, socket: Socket): void {
  const { bytesRead, bytesWritten } = socket;
  socket.prependOnceListener('close', () => {
    exchange.bytesIn = socket.bytesRead - bytesRead;
    exchange.bytesOut = socket.bytesWritten - bytesWritten;
  });
}

/** An app writes whole frames, so that between two writes there is always room for this one. */
function leave(socket: Socket): void {
  if (!socket.writable) return;
  socket.write(GOING_AWAY);
  socket.end();
}

function statusOf(chunk: unknown): number {
  const start =
    chunk instanceof Uint8Array ? Buffer.from(chunk.subarray(0, 16)).toString('latin1') : String(chunk);
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(start)?.[1] ?? 502);
}
