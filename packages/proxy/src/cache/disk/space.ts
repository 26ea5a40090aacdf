// Where the bodies of large answers are kept: a directory of our own and a bound on its bytes. What was not used for longest
// goes first. Files lose their names as soon as they are open, so that only a crash in that moment leaves any; those are
// swept at the start.
import { randomBytes } from 'node:crypto';
import { close, mkdir, open, readdir, stat, unlink, write } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DiskBody } from './body.ts';

const NAME = /^tollgate-cache-[0-9a-z]+-[0-9a-z]+$/;
/** Another worker may be about to take the name off a newer one. */
const LEFTOVER_MS = 60_000;
/** Open at once: descriptors are for clients first. */
const MOST_FILES = 4096;
/** After a disk that is full or broken has said so. */
const PAUSE_MS = 10_000;

const makeDirectory = promisify(mkdir);
const list = promisify(readdir);
const look = promisify(stat);
const openFile = promisify(open);
const removeName = promisify(unlink);
const writeAt = promisify(write);
const closeFile = promisify(close);

export class DiskSpace {
  readonly directory: string;
  readonly limitBytes: number;
  readonly #failed: () => void;
  #ready: Promise<void>;
  /** In the order of their last use; called, the answer that it belongs to is forgotten. */
  readonly #kept = new Map<DiskBody, () => void>();
  #bytes = 0;
  #files = 0;
  #pausedUntil = 0;

  /** `failed` is called for each time that the disk has refused something. */
  constructor(directory: string, limitBytes: number, failed: () => void) {
    this.directory = directory;
    this.limitBytes = limitBytes;
    this.#failed = failed;
    this.#ready = this.#prepare();
    this.#ready.catch(() => this.failed());
  }

  /** Of kept answers, of those being taken in, and of forgotten ones that somebody still reads. */
  get bytes(): number {
    return this.#bytes;
  }

  get files(): number {
    return this.#files;
  }

  /** Room for a body of this length, for whoever gets true to fill or to free; others are pushed out for it. */
  reserve(bytes: number): boolean {
    if (performance.now() < this.#pausedUntil || bytes > this.limitBytes) return false;
    for (const [body, forget] of this.#kept) {
      if (this.#bytes + bytes <= this.limitBytes && this.#files < MOST_FILES) break;
      // It would give no room before its readers let go.
      if (!body.isRead) forget();
    }
    if (this.#bytes + bytes > this.limitBytes || this.#files >= MOST_FILES) return false;
    this.#bytes += bytes;
    this.#files += 1;
    return true;
  }

  free(bytes: number): void {
    this.#bytes -= bytes;
    this.#files -= 1;
  }

  /** A file for what was reserved. */
  async create(): Promise<number> {
    await this.#ready.catch(() => this.#prepareAgain());
    const name = `tollgate-cache-${process.pid.toString(36)}-${randomBytes(8).toString('hex')}`;
    const path = join(this.directory, name);
    const descriptor = await openFile(path, 'wx+', 0o600);
    try {
      await removeName(path);
    } catch (error) {
      await closeFile(descriptor);
      throw error;
    }
    return descriptor;
  }

  async write(descriptor: number, chunk: Buffer, position: number): Promise<void> {
    for (let done = 0; done < chunk.length;) {
      const { bytesWritten } = await writeAt(descriptor, chunk, done, chunk.length - done, position + done);
      done += bytesWritten;
    }
  }

  /** The file is whole. It counts until its last user has let go. */
  body(descriptor: number, bytes: number): DiskBody {
    const made: DiskBody = new DiskBody(descriptor, bytes, () => {
      this.#kept.delete(made);
      this.free(bytes);
    });
    return made;
  }

  keep(body: DiskBody, forget: () => void): void {
    this.#kept.delete(body);
    this.#kept.set(body, forget);
  }

  touch(body: DiskBody): void {
    const forget = this.#kept.get(body);
    if (forget !== undefined) this.keep(body, forget);
  }

  /** Nothing is written for a while. */
  failed(): void {
    this.#pausedUntil = performance.now() + PAUSE_MS;
    this.#failed();
  }

  /** Somebody may have mended it. */
  #prepareAgain(): Promise<void> {
    this.#ready = this.#prepare();
    return this.#ready;
  }

  async #prepare(): Promise<void> {
    await makeDirectory(this.directory, { recursive: true, mode: 0o700 });
    for (const name of await list(this.directory)) if (NAME.test(name)) await this.#sweep(name);
  }

  async #sweep(name: string): Promise<void> {
    const path = join(this.directory, name);
    try {
      const found = await look(path);
      if (found.isFile() && Date.now() - found.mtimeMs > LEFTOVER_MS) await removeName(path);
    } catch {
      // Another worker has just swept it.
    }
  }
}
