// A file of the kernel's that is read again and again: its descriptor is kept, and each reading begins at its start.
import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { type HostRoot, missing, type Reading, valueOf } from './reading.ts';

/** Shared by all: what is read is decoded before the call returns. Longer files are cut off. */
const buffer = Buffer.allocUnsafe(256 * 1024);

export class FollowedFile {
  readonly #path: string;
  readonly #name: string;
  #fd: number | null = null;

  constructor(root: HostRoot, path: string) {
    this.#path = path;
    this.#name = join(root.path, path);
  }

  /** What it says now; opened anew after it could not be read. */
  read(): Reading<string> {
    try {
      this.#fd ??= openSync(this.#name, 'r');
      return valueOf(buffer.toString('latin1', 0, fill(this.#fd)));
    } catch (error) {
      this.close();
      return missing(this.#path, error);
    }
  }

  close(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }
}

/** The kernel hands out some files a page at a time, in whole lines: a reading far below a page was the last. */
const LAST_BELOW = 2048;

function fill(fd: number): number {
  let length = 0;
  for (let got = LAST_BELOW; got >= LAST_BELOW && length < buffer.length; length += got)
    got = readSync(fd, buffer, length, buffer.length - length, length);
  return length;
}

/** The same machine, for one who asks it the same things many times a second. */
export class FollowedRoot implements HostRoot {
  readonly path: string;
  readonly keeper = { read: (path: string): Reading<string> => this.#fileAt(path).read() };
  readonly #root: HostRoot;
  readonly #files = new Map<string, FollowedFile>();

  constructor(root: HostRoot) {
    this.path = root.path;
    this.#root = root;
  }

  close(): void {
    for (const file of this.#files.values()) file.close();
    this.#files.clear();
  }

  #fileAt(path: string): FollowedFile {
    const known = this.#files.get(path);
    if (known !== undefined) return known;
    const file = new FollowedFile(this.#root, path);
    this.#files.set(path, file);
    return file;
  }
}
