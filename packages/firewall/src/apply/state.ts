// What is on disk while an apply waits for its confirm. Every step is one atomic file operation, so a kill leaves one state or the next.
import { linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** An apply that will be undone at `deadlineMs` (epoch) unless it is confirmed. */
export interface Pending {
  readonly id: string;
  readonly deadlineMs: number;
}

/** `reverting`: the reverter has claimed it and is putting the old ruleset back, or died as it did. */
export type Stage = 'waiting' | 'reverting';

export class ApplyState {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  path(
    id: string,
    part: 'before.nft' | 'applied.nft' | 'pending' | 'reverting' | 'armed' | 'revert.sh',
  ): string {
    return join(this.directory, `${id}.${part}`);
  }

  get #lock(): string {
    return join(this.directory, 'lock');
  }

  prepare(): void {
    // Root's alone: what lies here is run and loaded by root.
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
  }

  write(id: string, part: 'before.nft' | 'applied.nft' | 'revert.sh', text: string): void {
    const path = this.path(id, part);
    writeFileSync(`${path}.new`, text, { mode: 0o600, flush: true });
    renameSync(`${path}.new`, path);
  }

  read(id: string, part: 'before.nft' | 'applied.nft'): string | undefined {
    try {
      return readFileSync(this.path(id, part), 'utf8');
    } catch {
      // Never written, or removed by hand: the caller says what that means.
      return undefined;
    }
  }

  /** `false` when another apply is pending: link(2) makes the lock only where there is none. */
  claim(pending: Pending): boolean {
    const path = this.path(pending.id, 'pending');
    writeFileSync(path, JSON.stringify(pending), { mode: 0o600, flush: true });
    if (this.#link(path)) return true;
    // The lock of one that is done, or was killed before it was anything.
    if (this.current() === undefined) rmSync(this.#lock, { force: true });
    return this.#link(path);
  }

  #link(path: string): boolean {
    try {
      linkSync(path, this.#lock);
      return true;
    } catch {
      // EEXIST, and whatever else it may be: without the lock nothing is applied.
      return false;
    }
  }

  /** The apply that holds the lock; `undefined` when nobody does, or its holder is done. */
  current(): { readonly pending: Pending; readonly stage: Stage } | undefined {
    const pending = this.#readLock();
    if (pending === undefined) return undefined;
    const names = new Set(readdirSync(this.directory));
    if (names.has(`${pending.id}.pending`)) return { pending, stage: 'waiting' };
    return names.has(`${pending.id}.reverting`) ? { pending, stage: 'reverting' } : undefined;
  }

  #readLock(): Pending | undefined {
    try {
      const pending: Pending = JSON.parse(readFileSync(this.#lock, 'utf8'));
      return pending;
    } catch {
      // No lock, or a directory that was never made: nothing is pending.
      return undefined;
    }
  }

  /** Takes the decision away from the reverter; `false` when it was quicker. */
  take(id: string): boolean {
    try {
      renameSync(this.path(id, 'pending'), `${this.path(id, 'pending')}.taken`);
      return true;
    } catch {
      // ENOENT: the reverter has renamed it first.
      return false;
    }
  }

  /** Everything of one apply; the lock goes last, so that a kill in between leaves nothing that looks free and is not. */
  forget(id: string): void {
    for (const name of readdirSync(this.directory)) {
      if (name.startsWith(`${id}.`)) rmSync(join(this.directory, name), { force: true });
    }
    if (this.#readLock()?.id === id) rmSync(this.#lock, { force: true });
  }

  /** What applies that were killed have left behind; of age, so that none is in use. */
  sweep(): void {
    for (const name of readdirSync(this.directory)) {
      const madeMs = Number(/^(\d+)-/.exec(name)?.[1] ?? Number.NaN);
      if (Date.now() - madeMs > LONGEST_USE_MS) rmSync(join(this.directory, name), { force: true });
    }
  }
}

/** Twice the longest time that an apply may wait. */
const LONGEST_USE_MS = 2 * 3_600_000;
