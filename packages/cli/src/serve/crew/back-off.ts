// How long a dead worker's place stays empty: at once the first time, longer each time it dies young. Pure.

const FIRST_MS = 100;
const LONGEST_MS = 30_000;
/** A worker that lived this long was no fault of the last start. */
const LONG_LIFE_MS = 60_000;

export class BackOff {
  #deathsYoung = 0;

  /** Milliseconds to wait before the next start. */
  afterDeath(livedMs: number): number {
    if (livedMs >= LONG_LIFE_MS) this.#deathsYoung = 0;
    const delayMs = this.#deathsYoung === 0 ? 0 : FIRST_MS * 2 ** (this.#deathsYoung - 1);
    this.#deathsYoung += 1;
    return Math.min(delayMs, LONGEST_MS);
  }
}
