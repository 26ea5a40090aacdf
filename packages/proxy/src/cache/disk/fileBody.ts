// A kept body, or a part of it, from its file in place of what the target sends: no faster than the client reads.
import { Transform, type TransformCallback } from 'node:stream';
import type { DiskBody } from './body.ts';

const PIECE_BYTES = 64 * 1024;

export interface DiskPart {
  readonly body: DiskBody;
  readonly start: number;
  readonly length: number;
}

export class FileBody extends Transform {
  readonly #part: DiskPart;
  readonly #failed: () => void;
  #wanted: (() => void) | undefined;
  #released = false;

  /** The body has been retained for it. `failed`: the file cannot be read any more; the answer is cut. */
  constructor(part: DiskPart, failed: () => void) {
    super();
    this.#part = part;
    this.#failed = failed;
  }

  /** What the target sends is not wanted. */
  override _transform(_chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    done();
  }

  override _read(size: number): void {
    const wanted = this.#wanted;
    this.#wanted = undefined;
    if (wanted === undefined) super._read(size);
    else wanted();
  }

  override _flush(done: TransformCallback): void {
    void this.#give(done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#wanted?.();
    this.#wanted = undefined;
    this.#release();
    done(error);
  }

  async #give(done: TransformCallback): Promise<void> {
    try {
      await this.#pump();
    } catch (error) {
      this.#failed();
      done(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    done();
  }

  async #pump(): Promise<void> {
    const { body, start, length } = this.#part;
    for (let at = 0; at < length && !this.destroyed;) {
      const piece = await body.read(start + at, Math.min(PIECE_BYTES, length - at));
      at += piece.length;
      if (this.destroyed || this.push(piece) || at === length) continue;
      await new Promise<void>((resolve) => {
        this.#wanted = resolve;
      });
    }
  }

  #release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#part.body.release();
  }
}
