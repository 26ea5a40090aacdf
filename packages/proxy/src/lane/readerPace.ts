// Whether a client takes enough of an answer that waits for it: looked at when nothing else has happened for a while. Any
// byte is not enough: one at a time, it would hold its answer for ever (CVE-2019-9511, CVE-2019-9517).

export class ReaderPace {
  readonly #bytesPerSecond: number;
  #sentBytes = 0;

  constructor(bytesPerSecond: number) {
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** `sentBytes`: so far; from here on the client is given time. */
  begin(sentBytes: number): void {
    this.#sentBytes = sentBytes;
  }

  /** `waitedMs` after `begin`. */
  isTooSlow(sentBytes: number, waitedMs: number): boolean {
    const taken = sentBytes - this.#sentBytes;
    return taken === 0 || taken < (waitedMs / 1000) * this.#bytesPerSecond;
  }
}
