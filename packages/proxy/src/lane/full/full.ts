// The full lane: Node's HTTP/1.1 and HTTP/2, which take every well-formed request. It decides what the wire lane will not.
import type { Socket } from 'node:net';
import type { ClientConnection } from '../../connection.ts';
import type { Generation } from '../../generation.ts';
import type { Lane, LaneContext } from '../lane.ts';
import { Background } from './background.ts';
import { H1Server } from './h1.ts';
import { H2Server, type StreamTaker } from './h2.ts';

export class FullLane implements Lane {
  readonly #h1: H1Server;
  readonly #h2: H2Server;
  readonly #background = new Background();

  constructor(context: LaneContext, streams?: StreamTaker) {
    this.#h1 = new H1Server(context, this.#background);
    this.#h2 = new H2Server(context, this.#background, streams);
  }

  get active(): number {
    return this.#h1.active + this.#h2.active;
  }

  accept(socket: Socket, connection: ClientConnection, firstBytes?: Buffer): void {
    const server = connection.protocol === 'h2' ? this.#h2 : this.#h1;
    server.accept(socket, connection, firstBytes);
  }

  /** Limits and time-outs of connections; those open keep the ones they began with where Node fixes them. */
  configure({ config }: Generation): void {
    this.#h1.configure(config);
    this.#h2.configure(config);
  }

  drain(): void {
    this.#h1.drain();
    this.#h2.drain();
  }

  destroy(): void {
    this.#background.destroy();
    this.#h1.destroy();
    this.#h2.destroy();
  }
}
