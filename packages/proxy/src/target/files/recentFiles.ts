// Small files that were asked for a moment ago: their bytes stay in memory, and for a second the disk is not asked again.
// Opening, reading and closing a file are each a way to another thread and back; a page under load asks for few files.
import type { Coding } from '../../coding/accept.ts';
import type { FoundFile } from './foundFile.ts';

/** So old an answer may be: a file that is replaced is served anew after this. */
const FRESH_MS = 1000;
/** Larger ones are read as the client takes them. */
export const SMALL_BYTES = 64 * 1024;
/** Of one directory's files. */
const MOST_BYTES = 16 * 1024 * 1024;
/** What is kept besides name and bytes. */
const ENTRY_BYTES = 512;

interface Recent {
  readonly file: FoundFile;
  readonly bytes: number;
  readonly staleAtMs: number;
}

export class RecentFiles {
  readonly #now: () => number;
  /** Oldest first. */
  readonly #entries = new Map<string, Recent>();
  #bytes = 0;

  /** `now`: monotonic milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(name: string, codings: readonly Coding[]): FoundFile | undefined {
    const entry = this.#entries.get(keyOf(name, codings));
    return entry !== undefined && this.#now() < entry.staleAtMs ? entry.file : undefined;
  }

  /** An open file is not kept, nor what is too large. */
  keep(name: string, codings: readonly Coding[], file: FoundFile): void {
    if (!Buffer.isBuffer(file.content) || file.content.length > SMALL_BYTES) return;
    const key = keyOf(name, codings);
    this.#drop(key);
    const bytes = file.content.length + key.length + ENTRY_BYTES;
    this.#entries.set(key, { file, bytes, staleAtMs: this.#now() + FRESH_MS });
    this.#bytes += bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= MOST_BYTES) return;
      this.#drop(oldest);
    }
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  #drop(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0;
    this.#entries.delete(key);
  }
}

/** Neither holds a control character. */
const keyOf = (name: string, codings: readonly Coding[]): string => `${codings.join(',')}\n${name}`;
