// The closed loop: as many attempts under way as there are slots, the next one as soon as one ends.
import { callsForPause, pauseMs } from './failure.ts';
import type { Loop } from './loop.ts';
import type { Slot } from './slot.ts';
import type { ErrorPhase } from './spec.ts';

export class ClosedLoop implements Loop {
  readonly blocked = 0;
  readonly unsent = 0;
  readonly #slots: readonly Slot[];
  readonly #begin: (slot: Slot, dueMs: number, nowMs: number) => void;
  readonly #failuresInARow = new Map<Slot, number>();
  readonly #wakeAtMs = new Map<Slot, number>();

  constructor(slots: readonly Slot[], begin: (slot: Slot, dueMs: number, nowMs: number) => void) {
    this.#slots = slots;
    this.#begin = begin;
  }

  start(nowMs: number): void {
    for (const slot of this.#slots) this.#begin(slot, nowMs, nowMs);
  }

  freed(slot: Slot, failure: ErrorPhase | null, nowMs: number): void {
    if (failure !== null && callsForPause(failure)) {
      const failures = (this.#failuresInARow.get(slot) ?? 0) + 1;
      this.#failuresInARow.set(slot, failures);
      this.#wakeAtMs.set(slot, nowMs + pauseMs(failures));
      return;
    }
    if (this.#failuresInARow.size > 0) this.#failuresInARow.delete(slot);
    this.#begin(slot, nowMs, nowMs);
  }

  tick(nowMs: number): void {
    for (const [slot, wakeAtMs] of this.#wakeAtMs) {
      if (wakeAtMs > nowMs) continue;
      this.#wakeAtMs.delete(slot);
      this.#begin(slot, nowMs, nowMs);
    }
  }

  /** Nothing is due in a closed loop but what is sent. */
  offered(attempts: number): number {
    return attempts;
  }

  stop(): void {
    this.#wakeAtMs.clear();
  }
}
