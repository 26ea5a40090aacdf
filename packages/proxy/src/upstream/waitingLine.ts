// Requests that wait for a place at some server of a group: first come, first served, no more of them than there may be,
// and none for longer than it may.
import type { Seeker } from './seeker.ts';

export interface LineLimits {
  readonly size: number;
  readonly waitMs: number;
}

export class WaitingLine {
  /** Of all who came: those that had to wait, that found the line full, and that waited in vain. */
  waited = 0;
  full = 0;
  late = 0;
  readonly #limits: LineLimits;
  readonly #onLate: (seeker: Seeker) => void;
  /** In the order they came, each with when it has waited enough. */
  readonly #waiting = new Map<Seeker, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: LineLimits, onLate: (seeker: Seeker) => void) {
    this.#limits = limits;
    this.#onLate = onLate;
  }

  get size(): number {
    return this.#waiting.size;
  }

  get first(): Seeker | undefined {
    return this.#waiting.keys().next().value;
  }

  /** False when the line is full. */
  join(seeker: Seeker): boolean {
    if (this.#waiting.size >= this.#limits.size) {
      this.full += 1;
      return false;
    }
    this.waited += 1;
    this.#waiting.set(seeker, performance.now() + this.#limits.waitMs);
    this.#timer ??= setTimeout(() => this.#look(), this.#limits.waitMs);
    return true;
  }

  /** Also for whoever does not wait. */
  leave(seeker: Seeker): void {
    if (!this.#waiting.delete(seeker) || this.#waiting.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** All wait equally long, so that the first to come is the first to be late. */
  #look(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const [seeker, dueMs] of this.#waiting) {
      if (dueMs > now) {
        this.#timer ??= setTimeout(() => this.#look(), dueMs - now);
        return;
      }
      this.#waiting.delete(seeker);
      this.late += 1;
      this.#onLate(seeker);
    }
  }
}
