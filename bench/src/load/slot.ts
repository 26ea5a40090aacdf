// What the loops see of a connection: a place for one attempt at a time.
import type { ErrorPhase } from './spec.ts';

export interface Slot {
  /** Start an attempt; the owner hears of its end exactly once. Only when idle. */
  begin(dueMs: number, nowMs: number): void;
  /** End an attempt that has had no answer for too long. */
  expire(nowMs: number): void;
  /** Let go of every socket; a running attempt ends unheard. Idempotent. */
  close(): void;
  readonly dueMs: number;
  readonly sentMs: number;
}

export interface SlotOwner {
  now(): number;
  /** `failure` is `null` for a good answer. */
  ended(slot: Slot, failure: ErrorPhase | null, nowMs: number): void;
  read(bytes: number): void;
}
