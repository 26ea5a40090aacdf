// One request to the target for many clients: whoever asks for what is being fetched waits for it, within bounds.
import type { StoredAnswer } from './stored.ts';

/** What waiting came to: the answer, or leave to ask for oneself. */
export type Landing =
  | { readonly kind: 'kept'; readonly answer: StoredAnswer }
  /** It was broken off, by its client or its target: somebody else may try. */
  | { readonly kind: 'again' }
  | { readonly kind: 'alone'; readonly why: 'not-kept' | 'too-late' | 'too-many' };

type Waiter = (landing: Landing) => void;

/** One fetch under way. Ends once, as what it lands as. */
export class Flight {
  readonly #waiters = new Set<Waiter>();
  readonly #end: () => void;
  #landed = false;

  constructor(end: () => void) {
    this.#end = end;
  }

  get waiting(): number {
    return this.#waiters.size;
  }

  add(waiter: Waiter): void {
    this.#waiters.add(waiter);
  }

  remove(waiter: Waiter): void {
    this.#waiters.delete(waiter);
  }

  /** Everybody who waits goes on now; who comes later asks anew. Idempotent. */
  land(landing: Landing): void {
    if (this.#landed) return;
    this.#landed = true;
    this.#end();
    for (const waiter of this.#waiters) waiter(landing);
    this.#waiters.clear();
  }
}

/** Addresses whose last answer could not be shared are remembered for a while: nobody waits for the next one. */
const UNSHARED_MS = 10_000;
const MOST_UNSHARED = 10_000;

export class Flights {
  readonly #flights = new Map<string, Flight>();
  readonly #unshared = new Map<string, number>();
  readonly #mostWaiting: number;

  /** Clients that may wait for one fetch. */
  constructor(mostWaiting: number) {
    this.#mostWaiting = mostWaiting;
  }

  get waiting(): number {
    return [...this.#flights.values()].reduce((sum, flight) => sum + flight.waiting, 0);
  }

  under(key: string): Flight | undefined {
    return this.#flights.get(key);
  }

  /** Others with the key wait for it from now on. There is none under way. */
  begin(key: string): Flight {
    const flight = new Flight(() => this.#flights.delete(key));
    this.#flights.set(key, flight);
    return flight;
  }

  /** Until `untilMs` on the clock of `performance.now`. `leave` ends the waiting of a client that has gone. */
  wait(flight: Flight, untilMs: number, onLeave: (leave: () => void) => void): Promise<Landing> {
    if (flight.waiting >= this.#mostWaiting) return Promise.resolve(TOO_MANY);
    return new Promise((resolve) => {
      const end = (landing: Landing): void => {
        clearTimeout(timer);
        flight.remove(end);
        resolve(landing);
      };
      const timer = setTimeout(() => end(TOO_LATE), Math.max(0, untilMs - performance.now()));
      flight.add(end);
      onLeave(() => end(TOO_LATE));
    });
  }

  /** What came could not be shared. */
  noteUnshared(key: string, nowMs: number): void {
    this.#unshared.delete(key);
    this.#unshared.set(key, nowMs + UNSHARED_MS);
    const [oldest] = this.#unshared.keys();
    if (this.#unshared.size > MOST_UNSHARED && oldest !== undefined) this.#unshared.delete(oldest);
  }

  /** What came could: a page that was private for a moment is waited for again. */
  noteShared(key: string): void {
    this.#unshared.delete(key);
  }

  isUnshared(key: string, nowMs: number): boolean {
    const untilMs = this.#unshared.get(key);
    if (untilMs === undefined) return false;
    if (untilMs > nowMs) return true;
    this.#unshared.delete(key);
    return false;
  }
}

const TOO_LATE: Landing = { kind: 'alone', why: 'too-late' };
const TOO_MANY: Landing = { kind: 'alone', why: 'too-many' };
