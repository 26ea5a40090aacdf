// The set of accepted connections, from accept to close, and their bound. It owns each socket until a lane takes it.
import type { Socket } from 'node:net';
import type { Counters } from '../counters.ts';

export class Connections {
  readonly #open = new Set<Socket>();
  readonly #counters: Counters;
  readonly #onEmpty: (() => void)[] = [];
  #limit: number;

  constructor(counters: Counters, limit: number) {
    this.#counters = counters;
    this.#limit = limit;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Holds for connections accepted from now on. */
  set limit(limit: number) {
    this.#limit = limit;
  }

  /** Takes the socket in, or closes it with a reset and counts it: an answer would cost what is lacking. */
  admit(socket: Socket): boolean {
    this.#counters.accepted += 1;
    if (this.#open.size >= this.#limit) {
      this.#counters.overLimit += 1;
      socket.resetAndDestroy();
      return false;
    }
    this.#open.add(socket);
    socket.once('close', () => this.#closed(socket));
    // Without a listener an error between accept and the lane's own would end the process; 'close' follows anyway.
    socket.on('error', ignoreError);
    return true;
  }

  destroyAll(): void {
    for (const socket of this.#open) socket.destroy();
  }

  /** Resolves when no connection is open; at once when none is. */
  empty(): Promise<void> {
    if (this.#open.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onEmpty.push(resolve));
  }

  #closed(socket: Socket): void {
    this.#open.delete(socket);
    if (this.#open.size > 0) return;
    for (const resolve of this.#onEmpty.splice(0)) resolve();
  }
}

/** A reset by the client is no event: what it did to a request is in that request's record. */
function ignoreError(): void {
  return undefined;
}
