// A header block on its way in: HEADERS and what CONTINUATION adds. Endless CONTINUATION was a way to fill a server's
// memory, or its time (CVE-2024-27316 and its kin), so both are counted.
import { FRAME_BYTES } from './frames.ts';

/** A list within its bound takes a few; the smallest that are allowed do not add up to work. */
const MOST_CONTINUATIONS = 64;

export class HeadBlock {
  readonly id: number;
  /** END_STREAM was on the HEADERS frame. */
  readonly last: boolean;
  readonly #mostBytes: number;
  readonly #parts: Buffer[];
  #bytes: number;

  /** `listBytes`: the bound of the list that it stands for. */
  constructor(id: number, last: boolean, first: Buffer, listBytes: number) {
    this.id = id;
    this.last = last;
    this.#parts = [Buffer.from(first)];
    this.#bytes = first.length;
    // A list that is somewhat too large is still read, so that its stream alone fails.
    this.#mostBytes = 2 * listBytes + FRAME_BYTES;
  }

  /** False: too much of it. */
  add(part: Buffer): boolean {
    this.#parts.push(Buffer.from(part));
    this.#bytes += part.length;
    return this.#bytes <= this.#mostBytes && this.#parts.length <= MOST_CONTINUATIONS;
  }

  whole(): Buffer {
    return Buffer.concat(this.#parts);
  }
}
