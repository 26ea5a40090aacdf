// A client's connection without a kernel: what is fed is read by the lane, what the lane writes is kept.
import { Socket } from 'node:net';

interface Written {
  readonly chunk: Buffer | string;
  readonly encoding: BufferEncoding;
}

export class MemorySocket extends Socket {
  output = '';
  /** A kernel without room: it takes what is written when it is told to. */
  full = false;
  #taking: () => void = () => undefined;

  makeRoom(): void {
    this.full = false;
    this.#taking();
  }

  feed(text: string): void {
    if (!this.destroyed && !this.readableEnded) this.push(Buffer.from(text, 'latin1'));
  }

  /** The lane has ended its side. */
  get over(): boolean {
    return this.destroyed || this.writableEnded;
  }

  override _read(): void {
    return undefined;
  }

  override _write(chunk: Buffer | string, encoding: BufferEncoding, done: () => void): void {
    this._writev([{ chunk, encoding }], done);
  }

  override _writev(chunks: readonly Written[], done: () => void): void {
    if (this.full) this.#taking = () => this.#keepAll(chunks, done);
    else this.#keepAll(chunks, done);
  }

  #keepAll(chunks: readonly Written[], done: () => void): void {
    for (const { chunk, encoding } of chunks) this.#keep(chunk, encoding);
    done();
  }

  #keep(chunk: Buffer | string, encoding: BufferEncoding): void {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
    this.output += bytes.toString('latin1');
  }

  override _final(done: () => void): void {
    done();
  }

  /** Time-outs are not what is compared, and a million timers are slow. */
  override setTimeout(): this {
    return this;
  }
}
