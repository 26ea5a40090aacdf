// A large body on its way to the client, copied into a file as it passes: as fast as the client reads and the disk writes.
import { close } from 'node:fs';
import { Transform, type TransformCallback } from 'node:stream';
import type { DiskBody } from './body.ts';
import type { DiskSpace } from './space.ts';

/** Called once: with the whole body, for whoever is called to release, or why there is none. */
export type Captured = (body: DiskBody | 'no-room' | 'cut') => void;

export class DiskCapture extends Transform {
  readonly #space: DiskSpace;
  readonly #length: number;
  readonly #captured: Captured;
  #descriptor: number | undefined;
  #used = 0;
  #busy = false;
  /** `over`: told; what was reserved is somebody else's or free. */
  #state: 'copying' | 'over' = 'copying';

  /** `length` is reserved in the space. */
  constructor(space: DiskSpace, length: number, captured: Captured) {
    super();
    this.#space = space;
    this.#length = length;
    this.#captured = captured;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    void this.#pass(chunk, done);
  }

  override _flush(done: TransformCallback): void {
    if (this.#state === 'copying') this.#finish();
    done();
  }

  /** Cut off by the target or the client: what there is of it is not the answer. Also called after a good end. */
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#giveUp('cut');
    done(error);
  }

  async #pass(chunk: Buffer, done: TransformCallback): Promise<void> {
    if (this.#state === 'copying') {
      try {
        await this.#copy(chunk);
      } catch {
        // Counted there; the client gets its answer all the same.
        this.#space.failed();
        this.#giveUp('no-room');
      }
    }
    done(null, chunk);
  }

  async #copy(chunk: Buffer): Promise<void> {
    if (this.#used + chunk.length > this.#length) throw new Error('more than was announced');
    this.#busy = true;
    try {
      this.#descriptor ??= await this.#space.create();
      await this.#space.write(this.#descriptor, chunk, this.#used);
      this.#used += chunk.length;
    } finally {
      this.#busy = false;
      // The client may have left meanwhile.
      if (this.#state === 'over') this.#close();
    }
  }

  /** Not while something is written: the descriptor could be another file's by then. */
  #close(): void {
    if (this.#busy || this.#descriptor === undefined) return;
    close(this.#descriptor, () => undefined);
    this.#descriptor = undefined;
  }

  #finish(): void {
    const descriptor = this.#descriptor;
    if (descriptor === undefined || this.#used !== this.#length) return this.#giveUp('cut');
    this.#state = 'over';
    this.#descriptor = undefined;
    return this.#captured(this.#space.body(descriptor, this.#length));
  }

  #giveUp(why: 'no-room' | 'cut'): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#close();
    this.#space.free(this.#length);
    this.#captured(why);
  }
}
