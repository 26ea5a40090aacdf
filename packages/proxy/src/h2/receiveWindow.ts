// How much a client may still send (RFC 9113 6.9): on one stream, or on all of a connection together. It is told of what
// was read when that has become half of the window: a frame for each piece would be as many frames as it sends.

export class ReceiveWindow {
  readonly #bytes: number;
  #left: number;
  /** Read, and not told. */
  #credit = 0;

  constructor(bytes: number) {
    this.#bytes = bytes;
    this.#left = bytes;
  }

  /** False: the client has sent more than it may. */
  use(bytes: number): boolean {
    this.#left -= bytes;
    return this.#left >= 0;
  }

  /** Somebody has read so many; how many the client is to be told of now, if any. */
  giveBack(bytes: number): number {
    this.#credit += bytes;
    if (this.#credit < this.#bytes / 2) return 0;
    const told = this.#credit;
    this.#left += told;
    this.#credit = 0;
    return told;
  }
}
