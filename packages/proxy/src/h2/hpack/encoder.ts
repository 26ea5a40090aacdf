// Writes header blocks (RFC 7541). What is said twice is put into a small table of the peer's, and is one byte from then
// on. Nothing is Huffman-coded: it would save a few bytes of a TLS record for more time than they take.
import { DynamicTable, ENTRY_BYTES } from './dynamicTable.ts';
import { STATIC_COUNT, staticIndexOfName, staticIndexOfStatus } from './staticTable.ts';

/** Of the peer's table as much as this is used, whatever it offers. */
const TABLE_BYTES = 4096;
/** A value that is longer is no company for others. */
const MOST_KEPT_BYTES = 512;
/** Names whose last value is remembered. */
const MOST_NAMES = 64;
/** RFC 7541 7.1.3: not to be kept by anybody on the way; guessing at it must not be told from what is indexed. */
const SECRET: ReadonlySet<string> = new Set(['set-cookie', 'authorization', 'proxy-authorization']);

/** What was said last under a name. */
interface Said {
  value: string;
  /** The count of insertions when it was put into the table; 0: it is not there. */
  insertion: number;
}

export class HpackEncoder {
  readonly #table = new DynamicTable(TABLE_BYTES);
  readonly #said = new Map<string, Said>();
  #insertions = 0;
  #limit: number;
  /** The smallest size since the last block: the peer has to be told of it first, and of the present one. */
  #smallest: number | undefined = undefined;
  #bytes: Buffer = Buffer.allocUnsafeSlow(0);
  #at = 0;

  /** With a table of 0 bytes its blocks are good for every connection, at any time. */
  constructor(tableBytes = TABLE_BYTES) {
    this.#limit = tableBytes;
  }

  /** The next block has to begin with what `sizeUpdate` writes. */
  get resized(): boolean {
    return this.#smallest !== undefined;
  }

  /** SETTINGS_HEADER_TABLE_SIZE of the peer. */
  resize(bytes: number): void {
    const limit = Math.min(bytes, TABLE_BYTES);
    if (limit === this.#limit) return;
    this.#limit = limit;
    this.#table.resize(limit);
    this.#smallest = Math.min(limit, this.#smallest ?? limit);
  }

  /** Into `bytes`, which has room for `mostBlockBytes` of it; where it ends. Names are in lower case, all is latin1. */
  encode(status: number, fields: readonly string[], bytes: Buffer): number {
    this.#bytes = bytes;
    this.#at = 0;
    if (this.#smallest !== undefined) this.#sizeUpdate(this.#smallest);
    if (status !== 0) this.#status(status);
    for (let at = 0; at + 1 < fields.length; at += 2) this.#field(fields[at] ?? '', fields[at + 1] ?? '');
    return this.#at;
  }

  /** RFC 7541 4.2: what the peer has evicted meanwhile has to be known on both sides. */
  #sizeUpdate(smallest: number): void {
    this.#smallest = undefined;
    if (smallest < this.#limit) this.#integer(0x20, 5, smallest);
    this.#integer(0x20, 5, this.#limit);
  }

  #status(status: number): void {
    const index = staticIndexOfStatus(status);
    if (index > 0) this.#bytes[this.#at++] = 0x80 | index;
    else this.#literal(0, ':status', String(status));
  }

  #field(name: string, value: string): void {
    if (SECRET.has(name)) {
      this.#literal(0x10, name, value);
      return;
    }
    const said = this.#said.get(name);
    if (said?.value !== value) {
      this.#note(name, value, said);
      this.#literal(0, name, value);
      return;
    }
    const position = this.#positionOf(said);
    if (position > 0) this.#integer(0x80, 7, STATIC_COUNT + position);
    else this.#keep(said, name, value);
  }

  #note(name: string, value: string, said: Said | undefined): void {
    if (said !== undefined) {
      said.value = value;
      said.insertion = 0;
    } else if (this.#said.size < MOST_NAMES) this.#said.set(name, { value, insertion: 0 });
  }

  #positionOf({ insertion }: Said): number {
    if (insertion === 0) return 0;
    const position = this.#insertions - insertion + 1;
    return position <= this.#table.count ? position : 0;
  }

  /** Said for the second time in turn: it may be said again. */
  #keep(said: Said, name: string, value: string): void {
    const size = name.length + value.length + ENTRY_BYTES;
    if (size > Math.min(MOST_KEPT_BYTES, this.#limit)) {
      this.#literal(0, name, value);
      return;
    }
    this.#literal(0x40, name, value);
    this.#table.add(name, value);
    this.#insertions += 1;
    said.insertion = this.#insertions;
  }

  /** `kind`: the bits that begin it, 0x40 kept by the peer, 0x00 not, 0x10 never. */
  #literal(kind: number, name: string, value: string): void {
    const index = staticIndexOfName(name);
    this.#integer(kind, kind === 0x40 ? 6 : 4, index);
    if (index === 0) this.#string(name);
    this.#string(value);
  }

  #string(text: string): void {
    this.#integer(0, 7, text.length);
    this.#at += this.#bytes.latin1Write(text, this.#at);
  }

  #integer(kind: number, prefixBits: number, value: number): void {
    const most = (1 << prefixBits) - 1;
    if (value < most) {
      this.#bytes[this.#at++] = kind | value;
      return;
    }
    this.#bytes[this.#at++] = kind | most;
    let rest = value - most;
    for (; rest >= 128; rest >>>= 7) this.#bytes[this.#at++] = (rest & 0x7f) | 0x80;
    this.#bytes[this.#at++] = rest;
  }
}

/** A block that no table has a part in. */
export function lastingBlock(status: number, fields: readonly string[]): Buffer {
  const bytes = Buffer.allocUnsafe(mostBlockBytes(fields));
  return Buffer.from(bytes.subarray(0, new HpackEncoder(0).encode(status, fields, bytes)));
}

/** The most that a block of these fields can take. */
export function mostBlockBytes(fields: readonly string[]): number {
  let bytes = 32;
  for (const text of fields) bytes += text.length + 6;
  return bytes;
}
