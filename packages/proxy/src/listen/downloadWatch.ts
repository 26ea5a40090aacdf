// Clients that take less than they have to while bytes wait for them (slow read): looked at once a second, at the socket
// below TLS and every protocol, so that all lanes are held to it alike. Where nothing waits nobody is slow: an event stream
// or a WebSocket may rest.
import type { Socket } from 'node:net';
import type { Counters } from '../counters.ts';
import { reset } from '../reset.ts';
import { progressOf } from './progress.ts';
import { socketBelow } from './socketBelow.ts';

const EVERY_MS = 1000;
/** A network may hold its breath. */
const GRACE_MS = 20_000;

/** Since when bytes have waited, and what the kernel had taken by then. */
interface Waiting {
  readonly sinceMs: number;
  readonly taken: number;
}

export class DownloadWatch {
  readonly #open: ReadonlySet<Socket>;
  readonly #counters: Counters;
  readonly #waiting = new Map<Socket, Waiting>();
  /** Whether a protocol with windows of its own has bytes that it may not write yet. */
  readonly #heldBack = new WeakMap<Socket, () => boolean>();
  #bytesPerSecond = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `open`: every connection of the front. */
  constructor(open: ReadonlySet<Socket>, counters: Counters) {
    this.#open = open;
    this.#counters = counters;
  }

  /** 0: nobody is looked at. */
  configure(bytesPerSecond: number): void {
    this.#bytesPerSecond = bytesPerSecond;
    if (bytesPerSecond === 0) this.stop();
    else this.#timer ??= setInterval(() => this.#look(performance.now()), EVERY_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#waiting.clear();
  }

  /** Bytes wait for the client of this socket, the kernel's queue full or not, while `isHeldBack`. */
  ask(socket: Socket, isHeldBack: () => boolean): void {
    this.#heldBack.set(socketBelow(socket) ?? socket, isHeldBack);
  }

  #look(nowMs: number): void {
    for (const socket of this.#waiting.keys()) if (!this.#open.has(socket)) this.#waiting.delete(socket);
    for (const socket of this.#open) this.#lookAt(socket, nowMs);
  }

  #lookAt(socket: Socket, nowMs: number): void {
    const { taken, queued } = progressOf(socket);
    if (queued === 0 && this.#heldBack.get(socket)?.() !== true) {
      this.#waiting.delete(socket);
      return;
    }
    const waiting = this.#waiting.get(socket);
    if (waiting === undefined) this.#waiting.set(socket, { sinceMs: nowMs, taken });
    else if (this.#isTooSlow(taken - waiting.taken, nowMs - waiting.sinceMs)) this.#cut(socket);
  }

  #isTooSlow(bytes: number, waitedMs: number): boolean {
    return waitedMs > GRACE_MS && bytes < (waitedMs / 1000) * this.#bytesPerSecond;
  }

  #cut(socket: Socket): void {
    this.#waiting.delete(socket);
    this.#counters.dropped('slow-reader');
    reset(socket);
  }
}
