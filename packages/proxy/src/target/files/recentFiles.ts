// Small files that were asked for a moment ago: their bytes stay in memory, and for a second the disk is not asked again.
// Opening, reading and closing a file are each a way to another thread and back; a page under load asks for few files.
import type { Coding } from '../../coding/accept.ts';
import type { FoundFile } from './foundFile.ts';

/** So old an answer may be: a file that is replaced is served anew after this. */
const FRESH_MS = 1000;
/** From here on it is looked at anew beside the answers: a file in demand is never waited for. */
const AGING_MS = 500;
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
  /** Infinity once somebody looks. */
  agingAtMs: number;
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

  /** `aging` is called at most once for each file that is kept: whoever is told looks at it anew. */
  get(name: string, codings: readonly Coding[], aging?: () => void): FoundFile | undefined {
    const entry = this.#entries.get(keyOf(name, codings));
    const now = this.#now();
    if (entry === undefined || now >= entry.staleAtMs) return undefined;
    if (now >= entry.agingAtMs && aging !== undefined) {
      entry.agingAtMs = Number.POSITIVE_INFINITY;
      aging();
    }
    return entry.file;
  }

  /** An open file is not kept, nor what is too large. */
  keep(name: string, codings: readonly Coding[], found: FoundFile): void {
    if (!Buffer.isBuffer(found.content) || found.content.length > SMALL_BYTES) return;
    const key = keyOf(name, codings);
    const former = this.#entries.get(key)?.file;
    this.#drop(key);
    // What was made of it for an answer is still good.
    const file = former !== undefined && isSame(former, found) ? former : found;
    const bytes = found.content.length + key.length + ENTRY_BYTES;
    const now = this.#now();
    this.#entries.set(key, { file, bytes, staleAtMs: now + FRESH_MS, agingAtMs: now + AGING_MS });
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

/** The bytes as well: a copy that keeps the time of its original has the same tag. */
const isSame = (one: FoundFile, other: FoundFile): boolean =>
  one.etag === other.etag &&
  Buffer.isBuffer(one.content) &&
  Buffer.isBuffer(other.content) &&
  one.content.equals(other.content);
