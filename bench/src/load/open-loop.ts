// The open loop: requests are due by the clock, whatever the server does; one that finds no free slot waits and says so.
import type { Loop } from './loop.ts';
import type { Pacer } from './pacer.ts';
import type { Slot } from './slot.ts';

export interface OpenLoopPlan {
  readonly pacer: Pacer;
  readonly warmupMs: number;
  readonly durationMs: number;
  /** A request that has waited this long for a slot is given up: the queue's bound. */
  readonly timeoutMs: number;
}

/** Times are in ms from the start of measuring, so that the warm-up's are negative. */
export class OpenLoop implements Loop {
  blocked = 0;
  unsent = 0;
  readonly #plan: OpenLoopPlan;
  readonly #begin: (slot: Slot, dueMs: number, nowMs: number) => void;
  readonly #now: () => number;
  readonly #free: Slot[];
  readonly #firstMeasured: number;
  #end: number;
  #freeHead = 0;
  #next = 0;
  #examined = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    slots: readonly Slot[],
    plan: OpenLoopPlan,
    begin: (slot: Slot, dueMs: number, nowMs: number) => void,
    now: () => number,
  ) {
    this.#free = [...slots];
    this.#plan = plan;
    this.#begin = begin;
    this.#now = now;
    this.#firstMeasured = countBefore(plan.pacer, plan.warmupMs);
    this.#end = countBefore(plan.pacer, plan.warmupMs + plan.durationMs);
  }

  start(): void {
    this.#pump(this.#now());
    this.#arm();
  }

  freed(slot: Slot, _failure: unknown, nowMs: number): void {
    this.#free.push(slot);
    if (this.#next < this.#examined) this.#pump(nowMs);
  }

  tick(): void {}

  offered(): number {
    return Math.max(0, this.#end - this.#firstMeasured);
  }

  /** What is still waiting now will never be sent. */
  stop(nowMs: number): void {
    clearTimeout(this.#timer);
    this.#end = Math.min(this.#end, countBefore(this.#plan.pacer, nowMs + this.#plan.warmupMs));
    const sentOrWarm = Math.max(this.#next, this.#firstMeasured);
    this.blocked += Math.max(0, this.#end - Math.max(this.#examined, sentOrWarm));
    this.unsent += Math.max(0, this.#end - sentOrWarm);
    this.#next = this.#end;
    this.#examined = this.#end;
  }

  #arm(): void {
    const wait = this.#dueMs(Math.max(this.#next, this.#examined)) - this.#now();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.start(), Math.max(1, wait));
  }

  #pump(nowMs: number): void {
    const due = Math.min(this.#end, this.#plan.pacer.dueCount(nowMs + this.#plan.warmupMs));
    while (this.#next < due) {
      const dueMs = this.#dueMs(this.#next);
      if (nowMs - dueMs > this.#plan.timeoutMs) {
        if (this.#next++ >= this.#firstMeasured) this.unsent++;
        continue;
      }
      const slot = this.#take();
      if (slot === null) break;
      this.#next++;
      this.#begin(slot, dueMs, nowMs);
    }
    this.blocked += Math.max(0, due - Math.max(this.#next, this.#examined, this.#firstMeasured));
    this.#examined = Math.max(this.#examined, due);
  }

  /** First in, first out, so that every connection gets its share; the head moves, and the array is cut now and then. */
  #take(): Slot | null {
    const slot = this.#free[this.#freeHead];
    if (slot === undefined) return null;
    if (++this.#freeHead > 1024 && this.#freeHead * 2 > this.#free.length) {
      this.#free.splice(0, this.#freeHead);
      this.#freeHead = 0;
    }
    return slot;
  }

  #dueMs(index: number): number {
    return this.#plan.pacer.dueMs(index) - this.#plan.warmupMs;
  }
}

/** Requests due in [0, ms): the one at `ms` itself belongs to what follows. */
function countBefore(pacer: Pacer, ms: number): number {
  const count = pacer.dueCount(ms);
  return count > 0 && pacer.dueMs(count - 1) >= ms ? count - 1 : count;
}
