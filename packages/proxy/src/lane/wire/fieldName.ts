// Which field names mean something to a lane: found by a hash of the bytes, without making a string of each name.

const TABLE_SIZE = 4096;

/** One step of the hash; letters count as lower case, since names are case-insensitive (RFC 9110 5.1). */
export const hashStep = (hash: number, byte: number): number => (Math.imul(hash, 31) + (byte | 0x20)) | 0;

/** Names with a meaning, and the small number each stands for; 0 is every other name. */
export class FieldNames {
  readonly #codes = new Uint8Array(TABLE_SIZE);
  readonly #names: string[] = [''];

  /** @throws Error when two names share a slot, which a test of the constant tables would show at once. */
  constructor(codes: ReadonlyMap<string, number>) {
    for (const [name, code] of codes) {
      let hash = 0;
      for (let index = 0; index < name.length; index++) hash = hashStep(hash, name.charCodeAt(index));
      const slot = slotOf(hash);
      if (this.#codes[slot] !== 0)
        throw new Error(`field name table: expected a free slot for ${name}, got a taken one`);
      this.#codes[slot] = this.#names.length;
      this.#names.push(name);
      this.#meaning.push(code);
    }
  }

  readonly #meaning: number[] = [0];

  /** The code of the name at `start` .. `end`, whose hash the caller built while scanning; 0 if it has none. */
  codeOf(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const candidate = this.#codes[slotOf(hash)] ?? 0;
    if (candidate === 0) return 0;
    const name = this.#names[candidate] ?? '';
    if (name.length !== end - start) return 0;
    for (let index = 0; index < name.length; index++) {
      if (((bytes[start + index] ?? 0) | 0x20) !== name.charCodeAt(index)) return 0;
    }
    return this.#meaning[candidate] ?? 0;
  }
}

const slotOf = (hash: number): number => (hash ^ (hash >>> 12)) & (TABLE_SIZE - 1);
