// A body on its way through a compressor: what waits for more input longer than a moment is sent as it is, so that a page
// in pieces arrives in pieces.
import { Transform, type TransformCallback } from 'node:stream';
import {
  constants,
  createBrotliCompress,
  createGzip,
  createZstdCompress,
  type BrotliCompress,
  type Gzip,
  type ZstdCompress,
} from 'node:zlib';
import type { Coding } from './accept.ts';
import type { CodingTallies, CodingTally } from './tally.ts';

/** Long enough for the next piece of a body that is there already, too short to be seen. */
const FLUSH_MS = 10;
/** 256 KB: more than most pages are long. */
const WINDOW_BITS = 18;

/** `decisions/0920-compression-levels.md` has the measurements. */
const COMPRESS: Readonly<Record<Coding, () => BrotliCompress | ZstdCompress | Gzip>> = {
  br: () =>
    createBrotliCompress({
      params: { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_LGWIN]: WINDOW_BITS },
    }),
  zstd: () =>
    createZstdCompress({
      params: { [constants.ZSTD_c_compressionLevel]: 3, [constants.ZSTD_c_windowLog]: WINDOW_BITS },
    }),
  gzip: () => createGzip({ level: 5 }),
};

export class Coder extends Transform {
  readonly #compressor: BrotliCompress | ZstdCompress | Gzip;
  readonly #tally: CodingTally;
  #timer: NodeJS.Timeout | undefined;

  constructor(coding: Coding, tallies: CodingTallies) {
    super();
    this.#tally = tallies[coding];
    this.#tally.answers += 1;
    this.#compressor = COMPRESS[coding]();
    this.#compressor.on('data', (chunk: Buffer) => this.#coded(chunk));
    this.#compressor.once('error', (error) => this.destroy(error));
  }

  /** Called back when the piece is compressed, and not while the client has enough to read: a bomb waits outside. */
  override _transform(chunk: Buffer, encoding: BufferEncoding, done: TransformCallback): void {
    this.#tally.bytesIn += chunk.length;
    this.#compressor.write(chunk, encoding, () => done());
    if (this.#timer === undefined) this.#timer = setTimeout(() => this.#compressor.flush(), FLUSH_MS);
    else this.#timer.refresh();
  }

  #coded(chunk: Buffer): void {
    this.#tally.bytesOut += chunk.length;
    this.push(chunk);
  }

  override _flush(done: TransformCallback): void {
    clearTimeout(this.#timer);
    this.#compressor.once('end', () => done());
    this.#compressor.end();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#timer);
    this.#compressor.destroy();
    done(error);
  }
}
