// Compressed copies of a directory's texts in memory, made once after the start so that no request waits for one.
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip, zstdCompress } from 'node:zlib';
import { CODINGS, type Coding } from '../../coding/accept.ts';
import { isCompressible } from '../../coding/compressible.ts';
import { mediaType } from './types.ts';

/** Larger files get a sidecar from the site's own build, or are sent as they are. */
const MAX_FILE_BYTES = 1024 * 1024;
/** Below it the fields of a coding cost what it saves. */
const MIN_FILE_BYTES = 512;
/** Of all copies of one directory. */
const MAX_TOTAL_BYTES = 32 * 1024 * 1024;
/** A copy that saves less is not worth the client's work. */
const WORTH = 0.9;

const COMPRESS: Readonly<Record<Coding, (bytes: Buffer) => Promise<Buffer>>> = {
  br: (bytes) => promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
  zstd: (bytes) => promisify(zstdCompress)(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 15 } }),
  gzip: (bytes) => promisify(gzip)(bytes, { level: 9 }),
};

interface Copies {
  readonly mtimeMs: number;
  readonly size: number;
  readonly byCoding: ReadonlyMap<Coding, Buffer>;
}

export class Precompressed {
  readonly #directory: string;
  readonly #copies = new Map<string, Copies>();
  #total = 0;
  #closed = false;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The copy of this very version of the file. */
  get(name: string, version: { mtimeMs: number; size: number }, coding: Coding): Buffer | undefined {
    const copies = this.#copies.get(name);
    if (copies === undefined || copies.mtimeMs !== version.mtimeMs || copies.size !== version.size)
      return undefined;
    return copies.byCoding.get(coding);
  }

  /** One file after the other: requests go first. What cannot be read is left out; it has no effect but size. */
  async fill(): Promise<void> {
    const names = await readdir(this.#directory, { recursive: true });
    for (const name of names) {
      if (this.#closed || this.#total >= MAX_TOTAL_BYTES) return;
      if (!isHiddenName(name) && isCompressible(mediaType(name))) await this.#add(name);
    }
  }

  close(): void {
    this.#closed = true;
    this.#copies.clear();
  }

  async #add(name: string): Promise<void> {
    const path = join(this.#directory, name);
    const { mtimeMs, size } = await stat(path);
    if (size < MIN_FILE_BYTES || size > MAX_FILE_BYTES) return;
    const bytes = await readFile(path);
    const byCoding = new Map<Coding, Buffer>();
    for (const coding of CODINGS) {
      const copy = await COMPRESS[coding](bytes);
      if (copy.length > bytes.length * WORTH) continue;
      byCoding.set(coding, copy);
      this.#total += copy.length;
    }
    if (!this.#closed) this.#copies.set(name, { mtimeMs, size, byCoding });
  }
}

function isHiddenName(name: string): boolean {
  return name.startsWith('.') || name.includes('/.');
}
