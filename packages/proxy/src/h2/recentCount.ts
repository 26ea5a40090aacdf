// How often a client has done a thing lately, such as to reset a stream: two half windows, so that no list of times is kept.

const HALF_WINDOW_MS = 5000;

export class RecentCount {
  readonly #limit: number;
  readonly #now: () => number;
  #windowStart: number;
  #current = 0;
  #previous = 0;

  /** More than `limit` in about 10 seconds are too many. */
  constructor(limit: number, now: () => number = () => performance.now()) {
    this.#limit = limit;
    this.#now = now;
    this.#windowStart = now();
  }

  /** Counts one and judges. */
  tooMany(): boolean {
    const elapsed = this.#now() - this.#windowStart;
    if (elapsed >= HALF_WINDOW_MS) {
      this.#previous = elapsed >= 2 * HALF_WINDOW_MS ? 0 : this.#current;
      this.#current = 0;
      this.#windowStart = this.#now();
    }
    this.#current += 1;
    return this.#current + this.#previous > this.#limit;
  }
}
