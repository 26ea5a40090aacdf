// Checks of passwords. A hash is slow by design, so that few are checked at once, equal ones once, and a good one is
// remembered for a while: as a keyed digest, so that nothing in memory is worth stealing.
import { createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { verify } from '@node-rs/bcrypt';
import type { PasswordHash } from '@tollgate/core';

/** Half of libuv's threads: the rest is for files and names. */
const MOST_AT_ONCE = 2;
const MOST_WAITING = 64;
const MOST_REMEMBERED = 10_000;
const REMEMBERED_MS = 5 * 60_000;

export type PasswordOutcome = 'right' | 'wrong' | 'busy';

export class Passwords {
  readonly #secret = randomBytes(32);
  readonly #verify: (hash: PasswordHash, password: string) => Promise<boolean>;
  /** Digests of credentials that were right, and until when (ms of the monotonic clock) that is believed. */
  readonly #right = new Map<string, number>();
  readonly #underWay = new Map<string, Promise<PasswordOutcome>>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(verifyBy = verifyPassword) {
    this.#verify = verifyBy;
  }

  /** At once when it is known to be right. `known`: whether there is such a user; `hash` is checked in any case. */
  check(
    name: string,
    password: string,
    hash: PasswordHash,
    known: boolean,
  ): PasswordOutcome | Promise<PasswordOutcome> {
    const digest = this.#digest(known ? name : undefined, password, hash);
    if ((this.#right.get(digest) ?? 0) > performance.now()) return 'right';
    const same = this.#underWay.get(digest);
    if (same !== undefined) return same;
    if (this.#running >= MOST_AT_ONCE && this.#waiting.length >= MOST_WAITING) return 'busy';
    const outcome = this.#run(digest, password, hash, known).finally(() => this.#underWay.delete(digest));
    this.#underWay.set(digest, outcome);
    return outcome;
  }

  async #run(digest: string, password: string, hash: PasswordHash, known: boolean): Promise<PasswordOutcome> {
    if (this.#running >= MOST_AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running += 1;
    try {
      // Whether the name is known shows in nothing but this: the same work was done.
      if (!(await this.#verify(hash, password)) || !known) return 'wrong';
    } finally {
      this.#next();
    }
    this.#remember(digest);
    return 'right';
  }

  /** The place goes to whoever has waited longest. */
  #next(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running -= 1;
    else next();
  }

  #remember(digest: string): void {
    this.#right.delete(digest);
    this.#right.set(digest, performance.now() + REMEMBERED_MS);
    const [oldest] = this.#right.keys();
    if (this.#right.size > MOST_REMEMBERED && oldest !== undefined) this.#right.delete(oldest);
  }

  /** With the hash in it: after a change of password the old one is not remembered. `undefined`: there is no such user. */
  #digest(name: string | undefined, password: string, hash: PasswordHash): string {
    const of = hash.kind === 'bcrypt' ? hash.text : hash.key.toString('base64');
    return createHmac('sha256', this.#secret)
      .update(JSON.stringify([name ?? null, password, of]))
      .digest('base64');
  }
}

/** On a thread of libuv, both kinds; the comparison takes the same time wherever they differ. */
export async function verifyPassword(hash: PasswordHash, password: string): Promise<boolean> {
  if (hash.kind === 'bcrypt') return verify(password, hash.text);
  const { n, r, p, salt, key } = hash;
  const made = await new Promise<Buffer>((resolve, reject) => {
    const done = (error: Error | null, derived: Buffer): void =>
      error === null ? resolve(derived) : reject(error);
    scrypt(password, salt, key.length, { N: n, r, p, maxmem: 2 * 128 * n * r * p }, done);
  });
  return timingSafeEqual(made, key);
}
