// Reads header blocks (RFC 7541) and holds the table that the client fills. A block has to be read to its end whatever it
// says: the next one is told in terms of it.
import { DynamicTable } from './dynamicTable.ts';
import { decodeHuffman } from './huffman.ts';
import { STATIC_COUNT, STATIC_NAMES, STATIC_VALUES } from './staticTable.ts';

/** Gets the fields in their order. */
export interface FieldSink {
  field(name: string, value: string): void;
}

/** Continuation bytes of an integer: 28 bits are more than any length or index that could be right. */
const MOST_INTEGER_BYTES = 4;
const HUFFMAN = 0x80;

/** Grows with the longest string; one for all connections, since a string is read at once. */
let scratch = Buffer.allocUnsafeSlow(16 * 1024);

export class HpackDecoder {
  readonly #table: DynamicTable;
  readonly #mostTableBytes: number;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #end = 0;
  #failed = false;

  /** `tableBytes`: what the settings announce. */
  constructor(tableBytes: number) {
    this.#mostTableBytes = tableBytes;
    this.#table = new DynamicTable(tableBytes);
  }

  /** False: it is no header block, and the table is lost (COMPRESSION_ERROR). */
  decode(bytes: Buffer, from: number, to: number, sink: FieldSink): boolean {
    this.#bytes = bytes;
    this.#at = from;
    this.#end = to;
    this.#failed = false;
    this.#sizeUpdates();
    while (this.#at < this.#end && !this.#failed) this.#field(bytes[this.#at] ?? 0, sink);
    return !this.#failed;
  }

  /** RFC 7541 4.2: only before the first field. */
  #sizeUpdates(): void {
    while (this.#at < this.#end && ((this.#bytes[this.#at] ?? 0) & 0xe0) === 0x20) {
      const size = this.#integer(5);
      if (this.#failed || size > this.#mostTableBytes) {
        this.#failed = true;
        return;
      }
      this.#table.resize(size);
    }
  }

  #field(first: number, sink: FieldSink): void {
    if ((first & 0x80) !== 0) this.#indexed(this.#integer(7), sink);
    else if ((first & 0xc0) === 0x40) this.#literal(this.#integer(6), true, sink);
    else if ((first & 0xe0) === 0x20) this.#failed = true;
    else this.#literal(this.#integer(4), false, sink);
  }

  #indexed(index: number, sink: FieldSink): void {
    const name = this.#nameAt(index);
    if (this.#failed) return;
    const value = index <= STATIC_COUNT ? STATIC_VALUES[index] : this.#table.valueAt(index - STATIC_COUNT);
    sink.field(name, value ?? '');
  }

  #literal(nameIndex: number, keep: boolean, sink: FieldSink): void {
    const name = nameIndex === 0 ? this.#string() : this.#nameAt(nameIndex);
    const value = this.#string();
    if (this.#failed) return;
    if (keep) this.#table.add(name, value);
    sink.field(name, value);
  }

  #nameAt(index: number): string {
    const name = index <= STATIC_COUNT ? STATIC_NAMES[index] : this.#table.nameAt(index - STATIC_COUNT);
    if (index === 0 || name === undefined) this.#failed = true;
    return name ?? '';
  }

  #integer(prefixBits: number): number {
    const most = (1 << prefixBits) - 1;
    let value = (this.#bytes[this.#at++] ?? 0) & most;
    if (value < most) return value;
    for (let count = 0; count < MOST_INTEGER_BYTES && this.#at < this.#end; count++) {
      const byte = this.#bytes[this.#at++] ?? 0;
      value += (byte & 0x7f) << (7 * count);
      if (byte < 0x80) return value;
    }
    this.#failed = true;
    return 0;
  }

  #string(): string {
    if (this.#failed || this.#at >= this.#end) {
      this.#failed = true;
      return '';
    }
    const coded = ((this.#bytes[this.#at] ?? 0) & HUFFMAN) !== 0;
    const length = this.#integer(7);
    const from = this.#at;
    if (this.#failed || length > this.#end - from) {
      this.#failed = true;
      return '';
    }
    this.#at += length;
    return coded ? this.#huffman(from, length) : this.#bytes.latin1Slice(from, from + length);
  }

  #huffman(from: number, length: number): string {
    const most = Math.ceil((length * 8) / 5);
    if (most > scratch.length) scratch = Buffer.allocUnsafeSlow(2 * most);
    const decoded = decodeHuffman(this.#bytes, from, from + length, scratch);
    if (decoded >= 0) return scratch.latin1Slice(0, decoded);
    this.#failed = true;
    return '';
  }
}
