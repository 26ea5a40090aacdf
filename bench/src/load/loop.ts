// What decides when the next attempt starts.
import type { Slot } from './slot.ts';
import type { ErrorPhase } from './spec.ts';

export interface Loop {
  /** Due while measuring, but not sent on time for want of a free slot. */
  readonly blocked: number;
  /** Due while measuring and never sent. */
  readonly unsent: number;
  start(nowMs: number): void;
  /** A slot's attempt has ended: it may be used again. */
  freed(slot: Slot, failure: ErrorPhase | null, nowMs: number): void;
  tick(nowMs: number): void;
  offered(attempts: number): number;
  /** No attempt starts any more. */
  stop(nowMs: number): void;
}
