// Finds the frames in what a connection reads, however it is cut. A frame that came whole is looked at in place; of one
// that did not, what has come is kept, 16 KB at most.
import { FRAME_BYTES, FRAME_HEAD_BYTES, PREFACE, readUint31 } from './frames.ts';

export interface FrameTaker {
  /** The payload is at `from` .. `to`, valid during the call only. */
  frame(type: number, flags: number, id: number, bytes: Buffer, from: number, to: number): void;
  /** It does not begin as HTTP/2 does, or a frame is larger than was announced; nothing follows. */
  unreadable(fault: 'preface' | 'frame-size'): void;
  /** Nothing more is wanted. */
  readonly deaf: boolean;
}

export class FrameReader {
  readonly #taker: FrameTaker;
  #prefaceSeen = 0;
  /** The beginning of a frame. */
  #held: Buffer | undefined = undefined;
  #heldBytes = 0;

  constructor(taker: FrameTaker) {
    this.#taker = taker;
  }

  read(bytes: Buffer, length: number): void {
    let at = this.#prefaceSeen < PREFACE.length ? this.#preface(bytes, length) : 0;
    if (this.#held !== undefined) at = this.#complete(this.#held, bytes, at, length);
    while (at < length && !this.#taker.deaf) {
      const next = this.#frame(bytes, at, length);
      if (next === at) {
        this.#hold(bytes, at, length);
        return;
      }
      at = next;
    }
  }

  #preface(bytes: Buffer, length: number): number {
    let at = 0;
    while (at < length && this.#prefaceSeen < PREFACE.length) {
      if (bytes[at] !== PREFACE[this.#prefaceSeen]) {
        this.#taker.unreadable('preface');
        return length;
      }
      this.#prefaceSeen += 1;
      at += 1;
    }
    return at;
  }

  /** Where the next frame begins; `at` when this one has not come whole. */
  #frame(bytes: Buffer, at: number, end: number): number {
    const from = at + FRAME_HEAD_BYTES;
    if (end < from) return at;
    const size = payloadBytes(bytes, at);
    if (size > FRAME_BYTES) {
      this.#taker.unreadable('frame-size');
      return end;
    }
    const to = from + size;
    if (end < to) return at;
    this.#taker.frame(bytes[at + 3] ?? 0, bytes[at + 4] ?? 0, readUint31(bytes, at + 5), bytes, from, to);
    return to;
  }

  #hold(bytes: Buffer, at: number, end: number): void {
    const known = end - at >= 3 ? FRAME_HEAD_BYTES + payloadBytes(bytes, at) : FRAME_HEAD_BYTES + FRAME_BYTES;
    const held = Buffer.allocUnsafe(Math.min(known, FRAME_HEAD_BYTES + FRAME_BYTES));
    this.#heldBytes = bytes.copy(held, 0, at, Math.min(end, at + held.length));
    this.#held = held;
  }

  /** Fills up the frame that was begun, and no more; where the next one begins. */
  #complete(held: Buffer, bytes: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end) {
      const wanted =
        this.#heldBytes < FRAME_HEAD_BYTES ? FRAME_HEAD_BYTES : FRAME_HEAD_BYTES + payloadBytes(held, 0);
      // One that is too large is told from its head.
      const stop = Math.min(end, at + Math.min(wanted, held.length) - this.#heldBytes);
      this.#heldBytes += bytes.copy(held, this.#heldBytes, at, stop);
      at = stop;
      if (this.#heldBytes < FRAME_HEAD_BYTES) return at;
      if (this.#frame(held, 0, this.#heldBytes) === 0) continue;
      this.#held = undefined;
      return this.#taker.deaf ? end : at;
    }
    return at;
  }
}

const payloadBytes = (bytes: Buffer, at: number): number =>
  ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
