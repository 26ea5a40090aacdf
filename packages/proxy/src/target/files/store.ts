// The files below one directory: from a name to an open file in the coding that suits the client.
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { FilesConfig } from '@tollgate/core';
import type { Coding } from '../../coding/accept.ts';
import { isCompressible } from '../../coding/compressible.ts';
import type { FoundFile } from './foundFile.ts';
import { Precompressed } from './precompressed.ts';
import { RecentFiles, SMALL_BYTES } from './recentFiles.ts';
import { mediaType } from './types.ts';

/** The ending of a compressed copy that the site's own build has put beside a file. */
const SIDECAR: Readonly<Record<Coding, string>> = { br: '.br', zstd: '.zst', gzip: '.gz' };

export type Lookup = FoundFile | 'directory' | 'missing' | 'unreadable';

export class FileStore {
  /** Absolute. */
  readonly directory: string;
  readonly config: FilesConfig;
  readonly #precompressed: Precompressed;
  readonly #recent: RecentFiles;
  #closed = false;

  /** `now`: monotonic milliseconds. */
  constructor(config: FilesConfig, now?: () => number) {
    this.directory = config.directory;
    this.config = config;
    this.#precompressed = new Precompressed(config.directory);
    this.#recent = new RecentFiles(now);
  }

  /** Compresses what is worth it, in the background. */
  precompress(): Promise<void> {
    return this.#precompressed.fill();
  }

  /** `name` from `fileBelow`; with a trailing slash or empty, the directory's index. */
  async find(name: string, codings: readonly Coding[]): Promise<Lookup> {
    const recent = this.recent(name, codings);
    if (recent !== undefined) return recent;
    const found = await this.#find(name, codings);
    if (typeof found === 'object' && !this.#closed) this.#recent.keep(name, codings, found);
    return found;
  }

  /** The same from memory, if it was found a moment ago. */
  recent(name: string, codings: readonly Coding[]): FoundFile | undefined {
    return this.#recent.get(name, codings, () => this.#renew(name, codings));
  }

  /** If it cannot be read, it is known no longer in half a second, and who asks then is told. */
  #renew(name: string, codings: readonly Coding[]): void {
    this.#find(name, codings)
      .then((found) => this.#keep(name, codings, found))
      .catch(() => undefined);
  }

  async #keep(name: string, codings: readonly Coding[], found: Lookup): Promise<void> {
    if (typeof found !== 'object') return;
    if (!Buffer.isBuffer(found.content)) await found.content.close();
    else if (!this.#closed) this.#recent.keep(name, codings, found);
  }

  async #find(name: string, codings: readonly Coding[]): Promise<Lookup> {
    if (name !== '' && !name.endsWith('/')) return this.#open(name, codings);
    for (const index of this.config.index) {
      const found = await this.#open(`${name}${index}`, codings);
      if (found !== 'missing') return found;
    }
    return 'missing';
  }

  close(): void {
    this.#closed = true;
    this.#precompressed.close();
    this.#recent.clear();
  }

  async #open(name: string, codings: readonly Coding[]): Promise<Lookup> {
    const path = join(this.directory, name);
    const whole = await openRegular(path);
    if (typeof whole === 'string') return whole;
    const type = mediaType(name);
    const facts = { type, varies: isCompressible(type), mtimeMs: whole.mtimeMs };
    const coded = facts.varies ? await this.#coded(name, path, whole, codings) : undefined;
    if (coded === undefined) {
      const content = await contentOf(whole);
      return { ...facts, coding: undefined, size: whole.size, etag: etagOf(whole), content };
    }
    await whole.file.close();
    return { ...facts, ...coded, etag: etagOf(whole, coded.coding) };
  }

  async #coded(
    name: string,
    path: string,
    whole: Opened,
    codings: readonly Coding[],
  ): Promise<(Pick<FoundFile, 'size' | 'content'> & { coding: Coding }) | undefined> {
    for (const coding of codings) {
      const bytes = this.#precompressed.get(name, whole, coding);
      if (bytes !== undefined) return { coding, size: bytes.length, content: bytes };
      const sidecar = await openRegular(`${path}${SIDECAR[coding]}`);
      if (typeof sidecar === 'string') continue;
      // Left over from an older version of the file.
      if (sidecar.mtimeMs < whole.mtimeMs) await sidecar.file.close();
      else return { coding, size: sidecar.size, content: await contentOf(sidecar) };
    }
    return undefined;
  }
}

interface Opened {
  readonly file: FileHandle;
  readonly size: number;
  readonly mtimeMs: number;
}

async function openRegular(path: string): Promise<Opened | 'directory' | 'missing' | 'unreadable'> {
  let file: FileHandle;
  try {
    // Without O_NONBLOCK opening a FIFO waits for a writer, for ever.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG' ? 'missing' : 'unreadable';
  }
  const entry = await file.stat();
  if (entry.isFile()) return { file, size: entry.size, mtimeMs: entry.mtimeMs };
  await file.close();
  return entry.isDirectory() ? 'directory' : 'missing';
}

/** The bytes of a small file, which is closed; of one that changes its size meanwhile the open file, as of a large one. */
async function contentOf({ file, size }: Opened): Promise<Buffer | FileHandle> {
  if (size > SMALL_BYTES) return file;
  // One byte more: a file that has grown fills it.
  const buffer = Buffer.allocUnsafeSlow(size + 1);
  const { bytesRead } = await file.read(buffer, 0, size + 1, 0).catch(async (error: unknown) => {
    await file.close();
    throw error;
  });
  if (bytesRead !== size) return file;
  await file.close();
  return buffer.subarray(0, size);
}

function etagOf({ mtimeMs, size }: Opened, coding?: Coding): string {
  const tag = `${Math.trunc(mtimeMs * 1000).toString(36)}-${size.toString(36)}`;
  return coding === undefined ? `"${tag}"` : `"${tag}-${coding}"`;
}
