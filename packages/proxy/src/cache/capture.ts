// An answer's body on its way to the client, copied into the cache as it passes. The copy is bounded, and so is what a
// slow client makes the front hold: others wait for the answer, and one who reads slowly must not hold them up.
import { Transform, type TransformCallback } from 'node:stream';
import type { MemoryStore } from './memory.ts';

/** To begin with; a body that says its length gets that at once. */
const FIRST_BYTES = 16 * 1024;

export interface CaptureOptions {
  readonly store: MemoryStore;
  /** A larger body is passed on and not kept. */
  readonly mostBytes: number;
  /** Announced; `undefined`: it was not. */
  readonly length: number | undefined;
  /** Called once: with the whole body, or why there is none. */
  readonly done: (body: Buffer | 'no-room' | 'cut') => void;
}

/** `undefined`: there is no room for it now; the answer is only passed on. */
export function beginCapture(options: CaptureOptions): Capture | undefined {
  const { store, length = FIRST_BYTES, mostBytes } = options;
  const bytes = Math.min(length, mostBytes);
  if ((options.length ?? 0) > mostBytes || !store.reserve(bytes)) return undefined;
  return new Capture(options, bytes);
}

export class Capture extends Transform {
  readonly #options: CaptureOptions;
  /** `undefined`: given up, or whole. */
  #copy: Buffer | undefined;
  #used = 0;
  #reserved: number;
  #told = false;
  #waiting: TransformCallback | undefined;

  constructor(options: CaptureOptions, reserved: number) {
    super();
    this.#options = options;
    this.#reserved = reserved;
    this.#copy = Buffer.allocUnsafeSlow(reserved);
  }

  /** What is copied may wait here for the client: the copy is soon whole. Without a copy the client sets the pace. */
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#append(chunk);
    const wanted = this.push(chunk);
    if (wanted || this.#copy !== undefined) done();
    else this.#waiting = done;
  }

  override _read(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.();
  }

  override _flush(done: TransformCallback): void {
    const { length } = this.#options;
    const isWhole = length === undefined || length === this.#used;
    this.#tell(this.#copy === undefined || !isWhole ? 'cut' : ownMemory(this.#copy, this.#used));
    done();
  }

  /** Cut off by the target or the client: what there is of it is not the answer. Also called after a good end. */
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#tell('cut');
    // Until now what the client had not read was still here.
    this.#options.store.release(this.#reserved);
    this.#reserved = 0;
    done(error);
  }

  #append(chunk: Buffer): void {
    if (this.#copy === undefined) return;
    const needed = this.#used + chunk.length;
    const roomy = needed <= this.#copy.length ? this.#copy : this.#grown(this.#copy, needed);
    if (roomy === undefined) this.#tell('no-room');
    else this.#used += chunk.copy(roomy, this.#used);
    this.#copy = roomy;
  }

  #grown(former: Buffer, needed: number): Buffer | undefined {
    const { store, mostBytes } = this.#options;
    const bytes = Math.min(Math.max(needed, 2 * former.length), mostBytes);
    if (bytes < needed || !store.reserve(bytes - this.#reserved)) return undefined;
    this.#reserved = bytes;
    const grown = Buffer.allocUnsafeSlow(bytes);
    former.copy(grown, 0, 0, this.#used);
    return grown;
  }

  #tell(body: Buffer | 'no-room' | 'cut'): void {
    this.#copy = undefined;
    if (this.#told) return;
    this.#told = true;
    this.#options.done(body);
  }
}

/** No longer than the body: a view would hold all that it was cut from. */
function ownMemory(copy: Buffer, used: number): Buffer {
  if (used === copy.length) return copy;
  const own = Buffer.allocUnsafeSlow(used);
  copy.copy(own, 0, 0, used);
  return own;
}
