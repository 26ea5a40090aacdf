// HTTP/2 connections, by the front's own frames. Each stream is answered by wire where its route is reached by wire, and
// by the full lane otherwise.
import type { Socket } from 'node:net';
import type { Config } from '@tollgate/core';
import type { ClientConnection } from '../../connection.ts';
import type { Generation } from '../../generation.ts';
import { Turn } from '../../h2/output.ts';
import type { H2Stream } from '../../h2/stream.ts';
import type { TimerWheel } from '../../pool/wheel.ts';
import type { Lane, LaneContext } from '../lane.ts';
import { Askers } from '../wire/outgoing.ts';
import { H2Connection, type ConnectionHost, type ConnectionStreams } from './connection.ts';

/** Answers streams, or leaves them to the next. */
export interface StreamTaker {
  /** True: it is the stream's user from here on. The stream may be over when it returns. */
  take(stream: H2Stream, connection: ConnectionStreams): boolean;
}

export class H2Lane implements Lane, ConnectionHost {
  readonly turn = new Turn();
  readonly wheel: TimerWheel;
  draining = false;
  readonly #context: LaneContext;
  readonly #takers: readonly StreamTaker[];
  readonly #connections = new Set<H2Connection>();

  /** The last of `takers` takes every stream. */
  constructor(context: LaneContext, takers: readonly StreamTaker[], wheel: TimerWheel) {
    this.#context = context;
    this.#takers = takers;
    this.wheel = wheel;
  }

  get active(): number {
    return this.#connections.size;
  }

  get config(): Config {
    return this.#context.current().config;
  }

  get counters(): LaneContext['counters'] {
    return this.#context.counters;
  }

  get downloads(): LaneContext['downloads'] {
    return this.#context.downloads;
  }

  askers(facts: ClientConnection, generation: Generation): Askers {
    return new Askers(facts, generation.trust, this.#context.nextId);
  }

  accept(socket: Socket, facts: ClientConnection, firstBytes?: Buffer): void {
    const connection = new H2Connection(this, socket, facts);
    this.#connections.add(connection);
    connection.start(firstBytes);
  }

  serve(stream: H2Stream, connection: H2Connection): void {
    for (const taker of this.#takers) if (taker.take(stream, connection)) return;
  }

  closed(connection: H2Connection): void {
    this.#connections.delete(connection);
  }

  drain(): void {
    this.draining = true;
    for (const connection of this.#connections) connection.drain();
  }

  destroy(): void {
    for (const connection of this.#connections) connection.destroy();
  }
}
