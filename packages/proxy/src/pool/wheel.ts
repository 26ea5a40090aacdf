// One coarse timer wheel for every time-out of a lane. A timer per socket costs a heap operation a request; here a
// request moves a deadline by one store, and the wheel looks again when the old slot comes round.

const SLOTS = 512;

/** One owner's deadline. `set` as often as you like; `remove` when the owner goes. */
export class Deadline {
  readonly #wheel: TimerWheel;
  readonly #onDue: () => void;
  /** Absolute, on the wheel's clock; Infinity: not waiting. */
  dueMs = Number.POSITIVE_INFINITY;
  /** The slot that holds it, or -1. */
  slot = -1;
  previous: Deadline | undefined;
  next: Deadline | undefined;

  constructor(wheel: TimerWheel, onDue: () => void) {
    this.#wheel = wheel;
    this.#onDue = onDue;
  }

  /** Calls back once, `afterMs` to `afterMs` and two ticks from now, unless set again or cleared. */
  set(afterMs: number): void {
    this.#wheel.schedule(this, afterMs);
  }

  clear(): void {
    this.dueMs = Number.POSITIVE_INFINITY;
  }

  remove(): void {
    this.clear();
    this.#wheel.unlink(this);
  }

  fire(): void {
    this.clear();
    this.#onDue();
  }
}

export class TimerWheel {
  readonly tickMs: number;
  readonly #slots: (Deadline | undefined)[] = Array.from({ length: SLOTS }, () => undefined);
  #cursor = 0;
  #nowMs = 0;
  #linked = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param tickMs the coarseness of every deadline, in milliseconds */
  constructor(tickMs = 250) {
    this.tickMs = tickMs;
  }

  /** Deadlines that the wheel holds; 0 when all owners are gone. */
  get size(): number {
    return this.#linked;
  }

  schedule(deadline: Deadline, afterMs: number): void {
    // One tick more: the clock may be almost a tick behind.
    const dueMs = this.#nowMs + afterMs + this.tickMs;
    const earlier = dueMs < deadline.dueMs;
    deadline.dueMs = dueMs;
    if (deadline.slot < 0) this.#link(deadline);
    else if (earlier && this.#ticksUntil(deadline) < this.#ticksUntilSlot(deadline.slot)) {
      this.unlink(deadline);
      this.#link(deadline);
    }
  }

  unlink(deadline: Deadline): void {
    if (deadline.slot < 0) return;
    const { previous, next } = deadline;
    if (previous === undefined) this.#slots[deadline.slot] = next;
    else previous.next = next;
    if (next !== undefined) next.previous = previous;
    deadline.slot = -1;
    deadline.previous = undefined;
    deadline.next = undefined;
    if (--this.#linked === 0) this.#stop();
  }

  #link(deadline: Deadline): void {
    const slot = (this.#cursor + this.#ticksUntil(deadline)) % SLOTS;
    const first = this.#slots[slot];
    deadline.slot = slot;
    deadline.next = first;
    if (first !== undefined) first.previous = deadline;
    this.#slots[slot] = deadline;
    if (this.#linked++ === 0) this.#start();
  }

  /** What lies beyond the wheel waits in its furthest slot and is placed again from there. */
  #ticksUntil(deadline: Deadline): number {
    const ticks = Math.ceil((deadline.dueMs - this.#nowMs) / this.tickMs);
    return Math.min(Math.max(ticks, 1), SLOTS - 1);
  }

  #ticksUntilSlot(slot: number): number {
    return (slot - this.#cursor + SLOTS) % SLOTS || SLOTS;
  }

  #start(): void {
    this.#timer = setInterval(() => this.advance(), this.tickMs);
    this.#timer.unref();
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** One tick; the interval calls it, and tests do. */
  advance(): void {
    this.#nowMs += this.tickMs;
    this.#cursor = (this.#cursor + 1) % SLOTS;
    let deadline = this.#slots[this.#cursor];
    const due: Deadline[] = [];
    while (deadline !== undefined) {
      const { next } = deadline;
      this.unlink(deadline);
      if (deadline.dueMs <= this.#nowMs) due.push(deadline);
      else if (deadline.dueMs < Number.POSITIVE_INFINITY) this.#link(deadline);
      deadline = next;
    }
    // After the slot is walked: a callback may remove or set any deadline, its neighbours among them.
    for (const one of due) if (one.dueMs <= this.#nowMs) one.fire();
  }
}
