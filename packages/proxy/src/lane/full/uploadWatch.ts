// Uploads under way, looked at once a second: a client that stops sending, or drips, loses its connection (slow body).
import type { Config } from '@tollgate/core';
import { RATE_GRACE_MS } from '../uploadRate.ts';
import type { Exchange } from './exchange.ts';

const EVERY_MS = 1000;

interface Watched {
  bytesSeen: number;
  idleMs: number;
  /** Time in which the client, not the target, was waited for. */
  waitedMs: number;
}

export class UploadWatch {
  #idleMs = Number.POSITIVE_INFINITY;
  #bytesPerSecond = 0;
  readonly #watched = new Map<Exchange, Watched>();
  #timer: NodeJS.Timeout | undefined;

  configure({ limits, timeouts }: Config): void {
    this.#idleMs = timeouts.bodyIdleMs;
    this.#bytesPerSecond = limits.bodyBytesPerSecond;
  }

  watch(exchange: Exchange): void {
    this.#watched.set(exchange, { bytesSeen: 0, idleMs: 0, waitedMs: 0 });
    this.#timer ??= setInterval(() => this.#look(), EVERY_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#watched.clear();
  }

  #look(): void {
    for (const [exchange, watched] of this.#watched) {
      if (exchange.over || exchange.request.complete) this.#watched.delete(exchange);
      else if (waitsForClient(exchange) && this.#isTooSlow(exchange, watched))
        exchange.fail('request-timeout');
    }
    if (this.#watched.size === 0) this.stop();
  }

  #isTooSlow(exchange: Exchange, watched: Watched): boolean {
    watched.waitedMs += EVERY_MS;
    watched.idleMs = exchange.bytesIn === watched.bytesSeen ? watched.idleMs + EVERY_MS : 0;
    watched.bytesSeen = exchange.bytesIn;
    if (watched.idleMs >= this.#idleMs) return true;
    const least = (watched.waitedMs / 1000) * this.#bytesPerSecond;
    return watched.waitedMs > RATE_GRACE_MS && exchange.bytesIn < least;
  }
}

/** A target that does not read, or has bytes left to read, makes the client wait: not its fault. */
function waitsForClient({ request }: Exchange): boolean {
  return request.readableFlowing !== null && request.readableLength === 0;
}
