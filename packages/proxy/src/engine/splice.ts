// Two sockets as one connection: bytes go both ways unread and no faster than they are taken. It ends when either side
// ends, when nothing has moved for the idle time, or, at a frame's end, when the front drains.
import type { Socket } from 'node:net';
import type { Exchange } from '../lane/full/exchange.ts';
import { FrameBoundary } from './frameBoundary.ts';
import { GOING_AWAY } from './goingAway.ts';

export interface SpliceOptions {
  readonly exchange: Exchange;
  readonly client: Socket;
  readonly upstream: Socket;
  readonly idleMs: number;
}

/** The client has been answered 101. Both sockets are owned from here on: one that closes takes the other with it. */
export function splice({ exchange, client, upstream, idleMs }: SpliceOptions): void {
  const boundary = new FrameBoundary();
  let leaving = false;
  const idle = setTimeout(() => client.destroy(), idleMs);
  const leave = (): void => {
    leaving = true;
    if (!boundary.reached || !client.writable) return;
    upstream.removeAllListeners('data');
    client.end(GOING_AWAY);
    upstream.end();
  };
  exchange.switched(101, leave);
  pass(client, upstream, (chunk) => {
    idle.refresh();
    exchange.bytesIn += chunk.length;
  });
  pass(upstream, client, (chunk) => {
    idle.refresh();
    exchange.bytesOut += chunk.length;
    boundary.pass(chunk);
    if (leaving) setImmediate(leave);
  });
  client.once('close', () => {
    clearTimeout(idle);
    exchange.upstreamEnded();
    upstream.destroy();
  });
  // What was written before the upstream closed still goes to the client.
  upstream.once('close', () => client.destroySoon());
  upstream.on('error', () => client.destroy());
}

function pass(from: Socket, to: Socket, moved: (chunk: Buffer) => void): void {
  from.on('data', (chunk: Buffer) => {
    moved(chunk);
    if (!to.write(chunk)) from.pause();
  });
  to.on('drain', () => from.resume());
  from.on('end', () => to.end());
  from.resume();
}
