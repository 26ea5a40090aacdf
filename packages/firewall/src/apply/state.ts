// What is on disk while an apply waits for its confirm. Every step is one atomic file operation, so a kill leaves one state or the next.
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** An apply that will be undone at `deadlineMs` (epoch) unless it is confirmed. */
export interface Pending {
  readonly id: string;
  readonly deadlineMs: number;
}

/** `reverting`: the reverter has claimed it and is putting the old ruleset back, or died as it did. */
export type Stage = 'waiting' | 'reverting';

/** The directory may not be looked into: whether something is pending cannot be told. */
export class RootExpected extends Error {
  constructor() {
    super("expected root: what waits for a confirm is root's alone");
    this.name = 'RootExpected';
  }
}

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
    // Never written, or removed by hand: the caller says what that means.
    return unlessAbsent(() => readFileSync(this.path(id, part), 'utf8'));
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
    // No lock, or a directory that was never made: nothing is pending.
    const text = unlessAbsent(() => readFileSync(this.#lock, 'utf8'));
    if (text === undefined) return undefined;
    const pending: Pending = JSON.parse(text);
    return pending;
  }

  /** Takes the decision away from the reverter; `false` when it was quicker. */
  take(id: string): boolean {
    return this.#rename(id, `${this.path(id, 'pending')}.taken`);
  }

  /** From here on a confirm is too late. The reverter goes on waiting, for the case that this fails. `false`: confirmed, or undone. */
  startRevert(id: string): boolean {
    return this.#rename(id, this.path(id, 'reverting')) || this.isReverting(id);
  }

  isReverting(id: string): boolean {
    return existsSync(this.path(id, 'reverting'));
  }

  #rename(id: string, to: string): boolean {
    return (
      unlessAbsent(() => {
        renameSync(this.path(id, 'pending'), to);
        return true;
      }) ?? false
    );
  }

  /** Everything of one apply; the lock goes last, so that a kill in between leaves nothing that looks free and is not. */
  forget(id: string): void {
    // First, as in revert.sh: where it still is, the old ruleset beside it is not just being swept away.
    rmSync(this.path(id, 'reverting'), { force: true });
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

function unlessAbsent<Result>(act: () => Result): Result | undefined {
  try {
    return act();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return undefined;
    throw code === 'EACCES' || code === 'EPERM' ? new RootExpected() : error;
  }
}
