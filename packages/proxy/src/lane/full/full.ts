// The full lane: every well-formed request, by Node's HTTP/1.1 or by a stream of HTTP/2. It decides what wire will not.
import type { Socket } from 'node:net';
import type { ClientConnection } from '../../connection.ts';
import type { Generation } from '../../generation.ts';
import { TimerWheel } from '../../pool/wheel.ts';
import { H2Lane, type StreamTaker } from '../h2/h2.ts';
import type { Lane, LaneContext } from '../lane.ts';
import { Background } from './background.ts';
import { Exchange } from './exchange.ts';
import { H1Server } from './h1.ts';
import { FullStreams } from './h2.ts';
import type { H1Request } from './request.ts';
import type { H1Response } from './response.ts';
import { serve } from './serve.ts';

export class FullLane implements Lane {
  readonly #context: LaneContext;
  readonly #h1: H1Server;
  readonly #h2: H2Lane;
  readonly #streams: FullStreams;
  readonly #background = new Background(() => this.#context.current().config.timeouts.responseIdleMs);

  /** `before` is asked first for each stream of HTTP/2. */
  constructor(context: LaneContext, wheel = new TimerWheel(), before?: StreamTaker) {
    this.#context = context;
    this.#h1 = new H1Server(context, this.#background);
    this.#streams = new FullStreams(context, this.#background, wheel);
    const takers = before === undefined ? [this.#streams] : [before, this.#streams];
    this.#h2 = new H2Lane(context, takers, wheel);
  }

  get active(): number {
    return this.#h1.active + this.#h2.active;
  }

  accept(socket: Socket, connection: ClientConnection, firstBytes?: Buffer): void {
    const lane = connection.protocol === 'h2' ? this.#h2 : this.#h1;
    lane.accept(socket, connection, firstBytes);
  }

  /** For a connection that stays with the lane which has read the head; who asks says when the response has closed. */
  exchange(
    connection: ClientConnection,
    generation: Generation,
    request: H1Request,
    response: H1Response,
  ): Exchange {
    return new Exchange(this.#context, generation, connection, request, response);
  }

  serve(exchange: Exchange, generation: Generation): void {
    serve(exchange, generation, this.#context, this.#background);
  }

  /** Limits and time-outs of connections; those open keep the ones they began with where they are fixed. */
  configure({ config }: Generation): void {
    this.#h1.configure(config);
    this.#streams.configure(config);
  }

  drain(): void {
    this.#h1.drain();
    this.#h2.drain();
  }

  destroy(): void {
    this.#background.destroy();
    this.#h1.destroy();
    this.#h2.destroy();
    this.#streams.destroy();
  }
}
