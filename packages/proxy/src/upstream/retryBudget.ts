// How many requests may be asked again: a share of all. Without it every outage of a server doubles the load of the rest.

/** The time that requests and retries are counted over. */
const OVER_MS = 10_000;
/** Of each such time, whatever the share: a site with little traffic has retries too. */
const LEAST = 10;

export class RetryBudget {
  spent = 0;
  denied = 0;
  readonly #share: number;
  #endsAtMs = Number.NEGATIVE_INFINITY;
  #requests = 0;
  #retries = 0;

  /** `share`: from 0 to 1. */
  constructor(share: number) {
    this.#share = share;
  }

  /** A request that is asked for the first time. */
  request(nowMs: number): void {
    if (nowMs >= this.#endsAtMs) this.#begin(nowMs);
    this.#requests += 1;
  }

  /** Whether one may be asked again; it counts then. */
  spend(): boolean {
    if (this.#retries >= LEAST + this.#share * this.#requests) {
      this.denied += 1;
      return false;
    }
    this.#retries += 1;
    this.spent += 1;
    return true;
  }

  /** Half of the time before counts for the new one: a budget that began at nothing would deny what was just allowed. */
  #begin(nowMs: number): void {
    const follows = nowMs - this.#endsAtMs < OVER_MS;
    this.#requests = follows ? this.#requests / 2 : 0;
    this.#retries = follows ? this.#retries / 2 : 0;
    this.#endsAtMs = nowMs + OVER_MS;
  }
}
