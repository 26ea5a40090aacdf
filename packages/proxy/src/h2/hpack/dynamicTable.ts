// The table of recent fields that one side fills and the other follows (RFC 7541 2.3.2): the newest first, within a bound
// of bytes.

/** RFC 7541 4.1: what a field costs beside its name and its value. */
export const ENTRY_BYTES = 32;

export class DynamicTable {
  /** Rings; the newest is at `#newest`. */
  readonly #names: string[] = [];
  readonly #values: string[] = [];
  readonly #slots: number;
  #newest = -1;
  #count = 0;
  #bytes = 0;
  #limit: number;

  /** `mostBytes`: no later `resize` goes beyond it. */
  constructor(mostBytes: number) {
    this.#slots = Math.max(1, Math.floor(mostBytes / ENTRY_BYTES));
    this.#limit = mostBytes;
  }

  get count(): number {
    return this.#count;
  }

  /** 1 is the newest. */
  nameAt(position: number): string | undefined {
    return position > this.#count ? undefined : this.#names[this.#slot(position)];
  }

  valueAt(position: number): string | undefined {
    return position > this.#count ? undefined : this.#values[this.#slot(position)];
  }

  #slot(position: number): number {
    const slot = this.#newest - position + 1;
    return slot < 0 ? slot + this.#slots : slot;
  }

  /** One that is larger than the table empties it, and is not kept (section 4.4). False then. */
  add(name: string, value: string): boolean {
    const size = name.length + value.length + ENTRY_BYTES;
    this.#evictTo(this.#limit - size);
    if (size > this.#limit) return false;
    this.#newest = (this.#newest + 1) % this.#slots;
    this.#names[this.#newest] = name;
    this.#values[this.#newest] = value;
    this.#count += 1;
    this.#bytes += size;
    return true;
  }

  resize(limit: number): void {
    this.#limit = limit;
    this.#evictTo(limit);
  }

  #evictTo(limit: number): void {
    while (this.#count > 0 && this.#bytes > limit) {
      const oldest = this.#slot(this.#count);
      this.#bytes -= (this.#names[oldest] ?? '').length + (this.#values[oldest] ?? '').length + ENTRY_BYTES;
      // A long value is not held for the sake of an empty slot.
      this.#names[oldest] = '';
      this.#values[oldest] = '';
      this.#count -= 1;
    }
  }
}
