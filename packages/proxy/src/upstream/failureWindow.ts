// The share of errors among the answers of one server, over the last while.
import type { BreakerConfig } from '@tollgate/core';

export class FailureWindow {
  readonly #config: BreakerConfig;
  /** Two halves: the one under way, and the one before it. */
  #endsAtMs = Number.NEGATIVE_INFINITY;
  #good = 0;
  #bad = 0;
  #goodBefore = 0;
  #badBefore = 0;

  constructor(config: BreakerConfig) {
    this.#config = config;
  }

  /** True when too many of enough answers were bad; it begins anew then. */
  note(bad: boolean, nowMs: number): boolean {
    if (nowMs >= this.#endsAtMs) this.#turn(nowMs);
    if (!bad) {
      this.#good += 1;
      return false;
    }
    this.#bad += 1;
    const bads = this.#bad + this.#badBefore;
    const all = bads + this.#good + this.#goodBefore;
    if (all < this.#config.least || bads < all * this.#config.share) return false;
    this.#clear();
    return true;
  }

  #turn(nowMs: number): void {
    const halfMs = this.#config.overMs / 2;
    const follows = nowMs - this.#endsAtMs < halfMs;
    this.#goodBefore = follows ? this.#good : 0;
    this.#badBefore = follows ? this.#bad : 0;
    this.#good = this.#bad = 0;
    this.#endsAtMs = nowMs + halfMs;
  }

  #clear(): void {
    this.#good = this.#bad = this.#goodBefore = this.#badBefore = 0;
  }
}
