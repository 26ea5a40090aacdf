// `auto`: which requests keep their line while the process is busy. Pure: told of requests and of seconds, it answers with weights.
import type { RequestRecord } from './record.ts';

/** While busy, about this many ordinary lines a second are kept; below that rate nothing is shed at all. */
const KEPT_PER_SECOND = 100;
/** Seconds in a row below half the threshold that end a busy spell: one quiet second between two bursts does not. */
const CALM_SECONDS = 3;

export interface ShedSecond {
  /** Lines not written in the second that ended. */
  readonly shed: number;
  /** One in this many ordinary requests kept its line in it; 1: all of them. */
  readonly oneIn: number;
}

export interface ShedOptions {
  readonly slowMs: number;
  readonly busyDelayMs: number;
  /** 0 <= x < 1. */
  readonly random: () => number;
}

export class Shedder {
  readonly #options: ShedOptions;
  #busy = false;
  #calmSeconds = 0;
  #oneIn = 1;
  #ordinary = 0;
  #shedThisSecond = 0;
  /** Shed since the last kept line, which will stand for them. */
  #unaccounted = 0;
  /** Ordinary requests to pass over before the next kept one. */
  #gap = 0;

  constructor(options: ShedOptions) {
    this.#options = options;
  }

  /** 0: shed. Else the weight of the line; the weights of kept lines add up to the number of requests. */
  weigh(record: RequestRecord): number {
    if (record.status >= 400 || record.durationMs > this.#options.slowMs) return 1;
    this.#ordinary += 1;
    if (this.#gap > 0) {
      this.#gap -= 1;
      this.#unaccounted += 1;
      this.#shedThisSecond += 1;
      return 0;
    }
    const weight = this.#unaccounted + 1;
    this.#unaccounted = 0;
    this.#gap = this.#nextGap();
    return weight;
  }

  /** Once a second, with the event-loop delay of the second that ended. */
  endSecond(delayMs: number): ShedSecond {
    const second = { shed: this.#shedThisSecond, oneIn: this.#oneIn };
    this.#judge(delayMs);
    this.#oneIn = this.#busy ? Math.max(1, Math.ceil(this.#ordinary / KEPT_PER_SECOND)) : 1;
    this.#gap = Math.min(this.#gap, 2 * this.#oneIn - 2);
    this.#ordinary = 0;
    this.#shedThisSecond = 0;
    return second;
  }

  #judge(delayMs: number): void {
    const { busyDelayMs } = this.#options;
    if (delayMs > busyDelayMs) this.#busy = true;
    this.#calmSeconds = delayMs < busyDelayMs / 2 ? this.#calmSeconds + 1 : 0;
    if (this.#calmSeconds >= CALM_SECONDS) this.#busy = false;
  }

  /** Random with mean oneIn - 1: a fixed step would see only one half of traffic that alternates. */
  #nextGap(): number {
    return Math.floor(this.#options.random() * (2 * this.#oneIn - 1));
  }
}
