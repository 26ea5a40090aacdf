// The files below one directory: from a name to an open file in the coding that suits the client.
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { FilesConfig } from '@tollgate/core';
import type { Coding } from '../../coding/accept.ts';
import { isCompressible } from '../../coding/compressible.ts';
import { Precompressed } from './precompressed.ts';
import { mediaType } from './types.ts';

/** The ending of a compressed copy that the site's own build has put beside a file. */
const SIDECAR: Readonly<Record<Coding, string>> = { br: '.br', zstd: '.zst', gzip: '.gz' };

export interface FoundFile {
  readonly type: string;
  readonly coding: Coding | undefined;
  /** Its answer depends on Accept-Encoding. */
  readonly varies: boolean;
  readonly size: number;
  readonly mtimeMs: number;
  /** Strong: it differs for each coding. */
  readonly etag: string;
  /** The bytes when they are in memory, else the open file, which the caller closes. */
  readonly content: Buffer | FileHandle;
}

export type Lookup = FoundFile | 'directory' | 'missing' | 'unreadable';

export class FileStore {
  /** Absolute. */
  readonly directory: string;
  readonly config: FilesConfig;
  readonly #precompressed: Precompressed;

  constructor(config: FilesConfig) {
    this.directory = config.directory;
    this.config = config;
    this.#precompressed = new Precompressed(config.directory);
  }

  /** Compresses what is worth it, in the background. */
  precompress(): Promise<void> {
    return this.#precompressed.fill();
  }

  /** `name` from `fileBelow`; with a trailing slash or empty, the directory's index. */
  async find(name: string, codings: readonly Coding[]): Promise<Lookup> {
    if (name !== '' && !name.endsWith('/')) return this.#open(name, codings);
    for (const index of this.config.index) {
      const found = await this.#open(`${name}${index}`, codings);
      if (found !== 'missing') return found;
    }
    return 'missing';
  }

  close(): void {
    this.#precompressed.close();
  }

  async #open(name: string, codings: readonly Coding[]): Promise<Lookup> {
    const path = join(this.directory, name);
    const whole = await openRegular(path);
    if (typeof whole === 'string') return whole;
    const type = mediaType(name);
    const facts = { type, varies: isCompressible(type), mtimeMs: whole.mtimeMs };
    const coded = facts.varies ? await this.#coded(name, path, whole, codings) : undefined;
    if (coded === undefined) {
      return { ...facts, coding: undefined, size: whole.size, etag: etagOf(whole), content: whole.file };
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
      else return { coding, size: sidecar.size, content: sidecar.file };
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

function etagOf({ mtimeMs, size }: Opened, coding?: Coding): string {
  const tag = `${Math.trunc(mtimeMs * 1000).toString(36)}-${size.toString(36)}`;
  return coding === undefined ? `"${tag}"` : `"${tag}-${coding}"`;
}
