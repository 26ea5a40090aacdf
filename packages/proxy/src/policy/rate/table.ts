// Rates by the generic cell rate algorithm (GCRA, ITU-T I.371): one number for each client, the time at which its bucket
// would be empty again. The table is bounded; who has been quiet longest is forgotten first.

export interface Rate {
  readonly requests: number;
  readonly perMs: number;
  /** That may come at once. */
  readonly burst: number;
}

/** Of one limit: some 10 MB when full. */
const MOST_CLIENTS = 100_000;

export class RateTable {
  readonly #intervalMs: number;
  readonly #toleranceMs: number;
  readonly #most: number;
  readonly #forgotten: () => void;
  /** The clients in the order in which they were last let pass. */
  readonly #emptyAt = new Map<string, number>();

  /** `forgotten` is called for each client that is dropped although its bucket was not empty. */
  constructor({ requests, perMs, burst }: Rate, forgotten: () => void, most = MOST_CLIENTS) {
    this.#intervalMs = perMs / requests;
    this.#toleranceMs = this.#intervalMs * (burst - 1);
    this.#most = most;
    this.#forgotten = forgotten;
  }

  /** What may pass at once, in time. */
  get toleranceMs(): number {
    return this.#toleranceMs;
  }

  get size(): number {
    return this.#emptyAt.size;
  }

  /** 0: may pass, and is counted; else the milliseconds after which it may. `nowMs` on a clock that never goes back. */
  waitMs(client: string, nowMs: number): number {
    const emptyAt = this.#emptyAt.get(client) ?? nowMs;
    const early = emptyAt - this.#toleranceMs - nowMs;
    if (early > EPSILON_MS) return early;
    this.#emptyAt.delete(client);
    this.#emptyAt.set(client, Math.max(emptyAt, nowMs) + this.#intervalMs);
    if (this.#emptyAt.size > this.#most) this.#forgetOldest(nowMs);
    return 0;
  }

  /** What others have let pass counts, too: the client's bucket is empty in `emptyInMs` at the earliest. */
  learn(client: string, emptyInMs: number, nowMs: number): void {
    const emptyAt = nowMs + emptyInMs;
    if (emptyAt <= (this.#emptyAt.get(client) ?? nowMs)) return;
    this.#emptyAt.delete(client);
    this.#emptyAt.set(client, emptyAt);
    if (this.#emptyAt.size > this.#most) this.#forgetOldest(nowMs);
  }

  #forgetOldest(nowMs: number): void {
    const [oldest] = this.#emptyAt;
    if (oldest === undefined) return;
    const [client, emptyAt] = oldest;
    this.#emptyAt.delete(client);
    if (emptyAt > nowMs) this.#forgotten();
  }
}

/** Sums of fractions: what is due at the same moment must not wait for the last bit of a double. */
const EPSILON_MS = 1e-6;
