// Chunked framing, strictly (RFC 9112 section 7.1): counts the content's bytes and keeps none of them.

const CR = 13;
const LF = 10;
const SEMICOLON = 59;
/** Eight hex digits are 4 GiB: a longer size is an attack or a fault. */
const MAX_SIZE_DIGITS = 8;
const MAX_LINE_BYTES = 16_384;

type At = 'size' | 'extension' | 'size-lf' | 'data' | 'data-cr' | 'data-lf' | 'trailer' | 'done' | 'broken';

export class ChunkedReader {
  bodyBytes = 0;
  #at: At = 'size';
  #remaining = 0;
  #digits = 0;
  #lineBytes = 0;

  reset(): void {
    this.bodyBytes = 0;
    this.#at = 'size';
    this.#remaining = 0;
    this.#digits = 0;
    this.#lineBytes = 0;
  }

  get state(): 'more' | 'done' | 'broken' {
    return this.#at === 'done' || this.#at === 'broken' ? this.#at : 'more';
  }

  /** Reads from `from`; answers the position after the last byte it used. */
  feed(bytes: Uint8Array, from: number, to: number): number {
    let position = from;
    while (position < to && this.#at !== 'done' && this.#at !== 'broken') {
      if (this.#at === 'data') position = this.#skipData(position, to);
      else this.#step(bytes[position++] ?? 0);
    }
    return position;
  }

  #skipData(position: number, to: number): number {
    const taken = Math.min(this.#remaining, to - position);
    this.bodyBytes += taken;
    this.#remaining -= taken;
    if (this.#remaining === 0) this.#at = 'data-cr';
    return position + taken;
  }

  #step(byte: number): void {
    switch (this.#at) {
      case 'size':
        return this.#sizeByte(byte);
      case 'extension':
        if (byte === CR) this.#at = 'size-lf';
        else if (++this.#lineBytes > MAX_LINE_BYTES || byte === LF) this.#at = 'broken';
        return;
      case 'size-lf':
        return this.#sizeEnd(byte);
      case 'data-cr':
        this.#at = byte === CR ? 'data-lf' : 'broken';
        return;
      case 'data-lf':
        this.#at = byte === LF ? 'size' : 'broken';
        return;
      case 'trailer':
        return this.#trailerByte(byte);
      case 'data':
      case 'done':
      case 'broken':
        return;
    }
  }

  #sizeByte(byte: number): void {
    const digit = hexValue(byte);
    if (digit >= 0 && this.#digits < MAX_SIZE_DIGITS) {
      this.#remaining = this.#remaining * 16 + digit;
      this.#digits++;
      return;
    }
    if (this.#digits === 0 || digit >= 0) this.#at = 'broken';
    else if (byte === CR) this.#at = 'size-lf';
    else this.#at = byte === SEMICOLON ? 'extension' : 'broken';
  }

  #sizeEnd(byte: number): void {
    if (byte !== LF) this.#at = 'broken';
    else this.#at = this.#remaining === 0 ? 'trailer' : 'data';
    this.#digits = 0;
    this.#lineBytes = 0;
  }

  /** An empty line ends the trailers; `lineBytes` counts the current line without its CR. */
  #trailerByte(byte: number): void {
    if (byte === LF) {
      if (this.#lineBytes === 0) this.#at = 'done';
      this.#lineBytes = 0;
    } else if (byte !== CR && ++this.#lineBytes > MAX_LINE_BYTES) this.#at = 'broken';
  }
}

function hexValue(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
