// `shedding`: while the event loop is late, a share of the requests is turned away before anything is done for them, so
// that the rest is served in time. The share grows as long as the loop is late, and shrinks when it is not.
import { retryAfter } from './retryAfter.ts';
import type { GuardRefusal, PolicyPart } from './seam.ts';

const LOOK_MS = 100;
const GROWS_BY = 0.1;
const SHRINKS_BY = 0.05;
/** Some are always served: how would one know that it has got better? */
const MOST = 0.95;
/** Enough for the share to have shrunk. */
const RETRY_MS = 2000;

export class LoadMeter {
  #delayMs = Number.POSITIVE_INFINITY;
  #share = 0;
  #debt = 0;
  #expectedAt = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Of the requests, from 0 to 1. */
  get share(): number {
    return this.#share;
  }

  /** `undefined`: nobody is turned away. */
  configure(delayMs: number | undefined): void {
    this.stop();
    if (delayMs === undefined) return;
    this.#delayMs = delayMs;
    this.#expectedAt = performance.now() + LOOK_MS;
    this.#timer = setInterval(() => this.#measure(), LOOK_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#delayMs = Number.POSITIVE_INFINITY;
    this.#share = 0;
    this.#debt = 0;
  }

  /** `lateMs`: how late the loop was since the last look. */
  look(lateMs: number): void {
    const late = lateMs > this.#delayMs;
    this.#share = late ? Math.min(MOST, this.#share + GROWS_BY) : Math.max(0, this.#share - SHRINKS_BY);
    if (this.#share === 0) this.#debt = 0;
  }

  /** Asked once for each request; spread evenly, not by chance. */
  sheds(): boolean {
    if (this.#share === 0) return false;
    this.#debt += this.#share;
    if (this.#debt < 1) return false;
    this.#debt -= 1;
    return true;
  }

  #measure(): void {
    const now = performance.now();
    this.look(now - this.#expectedAt);
    this.#expectedAt = now + LOOK_MS;
  }
}

const SHED: GuardRefusal = { code: 'shed', fields: retryAfter(RETRY_MS) };

export function sheddingPart(load: LoadMeter): PolicyPart {
  return { guard: () => (load.sheds() ? SHED : undefined) };
}
