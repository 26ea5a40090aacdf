// Which field names mean something to a lane: found by a hash of the bytes, without making a string of each name.

const TABLE_SIZE = 4096;

/** One step of the hash; letters count as lower case, since names are case-insensitive (RFC 9110 5.1). */
export const hashStep = (hash: number, byte: number): number => (Math.imul(hash, 31) + (byte | 0x20)) | 0;

/** Names with a meaning, and the small number each stands for; 0 is every other name. */
export class FieldNames {
  /** Index into the two lists below; a slot that is taken pushes a name on to the next. */
  readonly #slots = new Uint8Array(TABLE_SIZE);
  readonly #names: string[] = [''];
  readonly #codes: number[] = [0];

  constructor(codes: ReadonlyMap<string, number>) {
    for (const [name, code] of codes) {
      let hash = 0;
      for (let index = 0; index < name.length; index++) hash = hashStep(hash, name.charCodeAt(index));
      let slot = slotOf(hash);
      while (this.#slots[slot] !== 0) slot = (slot + 1) % TABLE_SIZE;
      this.#slots[slot] = this.#names.push(name) - 1;
      this.#codes.push(code);
    }
  }

  /** The code of the name at `start` .. `end`, whose hash the caller built while scanning; 0 if it has none. */
  codeOf(bytes: Uint8Array, start: number, end: number, hash: number): number {
    for (let slot = slotOf(hash); ; slot = (slot + 1) % TABLE_SIZE) {
      const candidate = this.#slots[slot] ?? 0;
      if (candidate === 0) return 0;
      if (isName(this.#names[candidate] ?? '', bytes, start, end)) return this.#codes[candidate] ?? 0;
    }
  }
}

const slotOf = (hash: number): number => (hash ^ (hash >>> 12)) & (TABLE_SIZE - 1);

function isName(name: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let index = 0; index < name.length; index++) {
    if (((bytes[start + index] ?? 0) | 0x20) !== name.charCodeAt(index)) return false;
  }
  return true;
}

/** The value of Connection in lower case; of the two usual ones no string is made. */
export function connectionText(bytes: Buffer, from: number, to: number): string {
  if (isName('keep-alive', bytes, from, to)) return 'keep-alive';
  return isName('close', bytes, from, to) ? 'close' : bytes.latin1Slice(from, to).toLowerCase();
}
