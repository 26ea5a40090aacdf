// Kept answers in memory, never more bytes than allowed. What is used again is worth more than what was asked for once:
// an answer begins on probation, and one look at every page of a site (a crawler) does not push out the pages in demand.
import type { DiskSpace } from './disk/space.ts';
import type { StoredAnswer } from './stored.ts';

/** Of the bytes, at most this part is for answers that were used again. */
const PROTECTED_PART = 0.8;
/** Of one address: a Vary on Cookie makes a variant for each client. */
const MOST_VARIANTS = 64;

export class MemoryStore {
  /** Of all kept answers and of what is being taken in. */
  readonly limitBytes: number;
  readonly #disk: DiskSpace | undefined;
  readonly #byKey = new Map<string, StoredAnswer[]>();
  // A Set keeps the order in which its members came: the first is the one not used for longest.
  readonly #probation = new Set<StoredAnswer>();
  readonly #protected = new Set<StoredAnswer>();
  #protectedBytes = 0;
  #bytes = 0;
  #reservedBytes = 0;
  #evictions = 0;

  /** `disk`: where the bodies are that are in files. */
  constructor(limitBytes: number, disk?: DiskSpace) {
    this.limitBytes = limitBytes;
    this.#disk = disk;
  }

  get entries(): number {
    return this.#probation.size + this.#protected.size;
  }

  get bytes(): number {
    return this.#bytes + this.#reservedBytes;
  }

  /** Answers pushed out for others, fresh or not. */
  get evictions(): number {
    return this.#evictions;
  }

  /** All variants of one address, newest last. */
  variants(key: string): readonly StoredAnswer[] {
    return this.#byKey.get(key) ?? [];
  }

  /** It is used. */
  touch(answer: StoredAnswer): void {
    if (!Buffer.isBuffer(answer.body)) this.#disk?.touch(answer.body);
    if (this.#protected.delete(answer)) this.#protected.add(answer);
    else if (this.#probation.delete(answer)) this.#promote(answer);
  }

  /** In place of the one for the same variant. False: it is too large, or its file is closed. */
  put(answer: StoredAnswer): boolean {
    const { body } = answer;
    if (Buffer.isBuffer(body)) return this.#put(answer);
    // Before the former one lets go of it: an answer that was confirmed has the same file.
    if (!body.retain()) return false;
    if (this.#put(answer)) {
      this.#disk?.keep(body, () => this.#evictKept(answer));
      return true;
    }
    body.release();
    return false;
  }

  #put(answer: StoredAnswer): boolean {
    const former = this.variants(answer.key).find((other) => isSameVariant(other, answer));
    const wasInDemand = former !== undefined && this.#protected.has(former);
    if (former !== undefined) this.#remove(former);
    if (!this.#makeRoom(answer.bytes)) return false;
    const variants = this.#byKey.get(answer.key) ?? [];
    const [oldest] = variants;
    if (variants.length >= MOST_VARIANTS && oldest !== undefined) this.#evict(oldest);
    this.#byKey.set(answer.key, [...this.variants(answer.key), answer]);
    this.#bytes += answer.bytes;
    this.#probation.add(answer);
    if (wasInDemand) this.touch(answer);
    return true;
  }

  /** This one, if it is still kept. */
  drop(answer: StoredAnswer): void {
    if (this.#isKept(answer)) this.#remove(answer);
  }

  /** All variants of the address; the count. */
  delete(key: string): number {
    const variants = this.variants(key);
    for (const answer of variants) this.#remove(answer);
    return variants.length;
  }

  /** Everything whose key is `wanted`; the count. */
  deleteWhere(wanted: (key: string) => boolean): number {
    let deleted = 0;
    for (const key of this.#byKey.keys()) if (wanted(key)) deleted += this.delete(key);
    return deleted;
  }

  /** Room for an answer that is being taken in, of which nobody knows how large it will be. */
  reserve(bytes: number): boolean {
    if (!this.#makeRoom(bytes)) return false;
    this.#reservedBytes += bytes;
    return true;
  }

  release(bytes: number): void {
    this.#reservedBytes -= bytes;
  }

  #makeRoom(bytes: number): boolean {
    if (bytes + this.#reservedBytes > this.limitBytes) return false;
    while (this.bytes + bytes > this.limitBytes) {
      const [least] = this.#probation.size > 0 ? this.#probation : this.#protected;
      if (least === undefined) return false;
      this.#evict(least);
    }
    return true;
  }

  #promote(answer: StoredAnswer): void {
    this.#protected.add(answer);
    this.#protectedBytes += answer.bytes;
    for (const oldest of this.#protected) {
      if (this.#protectedBytes <= this.limitBytes * PROTECTED_PART) return;
      this.#demote(oldest);
    }
  }

  #demote(answer: StoredAnswer): void {
    this.#protected.delete(answer);
    this.#protectedBytes -= answer.bytes;
    this.#probation.add(answer);
  }

  /** The disk has no room for its body any more. */
  #evictKept(answer: StoredAnswer): void {
    if (this.#isKept(answer)) this.#evict(answer);
  }

  #isKept(answer: StoredAnswer): boolean {
    return this.#protected.has(answer) || this.#probation.has(answer);
  }

  #evict(answer: StoredAnswer): void {
    this.#remove(answer);
    this.#evictions += 1;
  }

  #remove(answer: StoredAnswer): void {
    const others = this.variants(answer.key).filter((other) => other !== answer);
    if (others.length === 0) this.#byKey.delete(answer.key);
    else this.#byKey.set(answer.key, others);
    if (this.#protected.delete(answer)) this.#protectedBytes -= answer.bytes;
    else this.#probation.delete(answer);
    this.#bytes -= answer.bytes;
    if (!Buffer.isBuffer(answer.body)) answer.body.release();
  }
}

function isSameVariant(one: StoredAnswer, other: StoredAnswer): boolean {
  return one.variant === other.variant && one.selecting.join() === other.selecting.join();
}
