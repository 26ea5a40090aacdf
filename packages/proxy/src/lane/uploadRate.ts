// Whether an upload keeps up: a client that stops sending, or sends below the least rate, only holds resources (slow body).
// The time in which its target, not the client, was waited for does not count.

/** A connection that is only slow to begin is no attack. */
export const RATE_GRACE_MS = 20_000;

/** Times are readings of one monotonic clock, in milliseconds. */
export class UploadRate {
  readonly #bytesPerSecond: number;
  readonly #idleMs: number;
  #waitedMs = 0;
  #waitingSince: number | undefined;
  /** How long the client had been waited for when its last piece came. */
  #waitedAtPieceMs = 0;

  /** `idleMs`: how long the client may be silent. */
  constructor(bytesPerSecond: number, idleMs: number, nowMs: number) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#idleMs = idleMs;
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

  /** A piece has come: `bytes` in all. False: they are too few for the time that they took. */
  arrived(bytes: number, nowMs: number): boolean {
    const waitedMs = this.#waitedUntil(nowMs);
    this.#waitedAtPieceMs = waitedMs;
    return waitedMs <= RATE_GRACE_MS || bytes >= (waitedMs / 1000) * this.#bytesPerSecond;
  }

  /** For which the client may still be silent; Infinity while its target is waited for. */
  leftMs(nowMs: number): number {
    if (this.#waitingSince === undefined) return Number.POSITIVE_INFINITY;
    return Math.max(0, this.#idleMs - (this.#waitedUntil(nowMs) - this.#waitedAtPieceMs));
  }

  #waitedUntil(nowMs: number): number {
    return this.#waitingSince === undefined ? this.#waitedMs : this.#waitedMs + nowMs - this.#waitingSince;
  }
}
