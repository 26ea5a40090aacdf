// Whether an upload keeps the least rate: below it, it only holds resources (slow body). The time in which its target,
// not its client, was waited for does not count.

/** A connection that is only slow to begin is no attack. */
export const RATE_GRACE_MS = 20_000;

/** Times are readings of one monotonic clock, in milliseconds. */
export class UploadRate {
  readonly #bytesPerSecond: number;
  #waitedMs = 0;
  #waitingSince: number | undefined;

  constructor(bytesPerSecond: number, nowMs: number) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#waitingSince = nowMs;
  }

  /** The client is not read from: its target takes no more. */
  pause(nowMs: number): void {
    this.#waitedMs = this.#waitedUntil(nowMs);
    this.#waitingSince = undefined;
  }

  resume(nowMs: number): void {
    this.#waitingSince ??= nowMs;
  }

  isTooSlow(bytes: number, nowMs: number): boolean {
    const waitedMs = this.#waitedUntil(nowMs);
    return waitedMs > RATE_GRACE_MS && bytes < (waitedMs / 1000) * this.#bytesPerSecond;
  }

  #waitedUntil(nowMs: number): number {
    return this.#waitingSince === undefined ? this.#waitedMs : this.#waitedMs + nowMs - this.#waitingSince;
  }
}
