// Connections whose answer is complete, waiting for the server to close first: closing here at once would answer its last
// packets with RST, and would move TIME_WAIT (and the table entry of a firewall) to where no real client leaves it.
import type { Socket } from 'node:net';

const PATIENCE_MS = 1000;

export class Lingering {
  readonly #since = new Map<Socket, number>();
  readonly #limit: number;

  /** Beyond `limit` the oldest is closed from this side. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#since.size;
  }

  add(socket: Socket, nowMs: number): void {
    this.#since.set(socket, nowMs);
    socket.once('close', () => this.#since.delete(socket));
    const oldest = this.#since.size > this.#limit ? this.#since.keys().next().value : undefined;
    if (oldest !== undefined) this.#drop(oldest);
  }

  sweep(nowMs: number): void {
    for (const [socket, since] of this.#since) {
      if (nowMs - since < PATIENCE_MS) return;
      this.#drop(socket);
    }
  }

  close(): void {
    for (const socket of this.#since.keys()) this.#drop(socket);
  }

  #drop(socket: Socket): void {
    this.#since.delete(socket);
    socket.destroy();
  }
}
