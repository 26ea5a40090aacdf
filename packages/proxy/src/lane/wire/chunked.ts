// A strict scanner of the chunked coding (RFC 9112 7.1). It verifies the framing and says what goes on: byte ranges as
// they are, without chunk extensions, which another parser might read differently (CVE-2025-55315), and those trailer
// fields that may be passed on.
import { trailerFields } from '../../policy/trailers.ts';
import { CR, hexValue, LF, TAB, TOKEN_BYTE, COLON, RESPONSE_VALUE_BYTE } from './bytes.ts';

/** Extension bytes of one body: nobody uses them but attackers (CVE-2023-39326). */
const EXTENSION_LIMIT = 4096;
const TRAILER_LIMIT = 8192;
/** 13 hexadecimal digits stay within a safe integer. */
const SIZE_DIGITS = 13;

const SIZE = 0;
const EXTENSION = 1;
const SIZE_LF = 2;
const DATA = 3;
const DATA_CR = 4;
const DATA_LF = 5;
const TRAILER_START = 6;
const TRAILER_NAME = 7;
const TRAILER_VALUE = 8;
const TRAILER_LF = 9;
const END_LF = 10;
const DONE = 11;
const BROKEN = 12;

/** Takes what goes on, in order. */
export interface BodySink {
  /** The bytes of the buffer at hand from `from` up to `to`. */
  range(from: number, to: number): void;
  /** Latin1. */
  text(text: string): void;
}

export class ChunkedScan {
  /** Body bytes seen so far, framing not counted. */
  dataBytes = 0;
  #state = SIZE;
  #size = 0;
  #digits = 0;
  #extensionBytes = 0;
  #trailerBytes = 0;
  #trailers = '';
  /** Where the range that goes on begins in the buffer at hand; -1 while bytes are being left out. */
  #from = 0;
  readonly #dataOnly: boolean;

  /** `dataOnly`: ranges are of the data alone, and text is the trailers alone. */
  constructor(dataOnly = false) {
    this.#dataOnly = dataOnly;
  }

  get done(): boolean {
    return this.#state === DONE;
  }

  get broken(): boolean {
    return this.#state === BROKEN;
  }

  /**
   * Scans `start` .. `end` and tells `sink` what goes on. Returns where it stopped: `end`, or just after
   * the last chunk, or at the byte that broke the framing; what is before that byte has been passed.
   */
  feed(bytes: Uint8Array, start: number, end: number, sink: BodySink): number {
    let position = start;
    this.#from = this.#omitting() ? -1 : start;
    while (position < end && this.#state < DONE) {
      position =
        this.#state === DATA ? this.#skipData(position, end, sink) : this.#step(bytes, position, sink);
    }
    this.#pass(position, sink);
    return position;
  }

  #pass(position: number, sink: BodySink): void {
    if (!this.#dataOnly && this.#from >= 0 && position > this.#from) sink.range(this.#from, position);
  }

  #omitting(): boolean {
    return this.#state === EXTENSION || (this.#state >= TRAILER_NAME && this.#state <= TRAILER_LF);
  }

  #skipData(position: number, end: number, sink: BodySink): number {
    const taken = Math.min(this.#size, end - position);
    this.#size -= taken;
    this.dataBytes += taken;
    if (this.#size === 0) this.#state = DATA_CR;
    if (this.#dataOnly) sink.range(position, position + taken);
    return position + taken;
  }

  #step(bytes: Uint8Array, position: number, sink: BodySink): number {
    const byte = bytes[position] ?? 0;
    switch (this.#state) {
      case SIZE:
        return this.#sizeByte(byte, position, sink);
      case EXTENSION:
        return this.#extensionByte(byte, position);
      case SIZE_LF:
        return this.#sizeEnds(byte, position);
      case DATA_CR:
        return this.#expect(byte === CR, DATA_LF, position);
      case DATA_LF:
        this.#digits = 0;
        return this.#expect(byte === LF, SIZE, position);
      case END_LF:
        return this.#expect(byte === LF, DONE, position);
      default:
        return this.#trailerByte(byte, position, sink);
    }
  }

  #expect(holds: boolean, next: number, position: number): number {
    this.#state = holds ? next : BROKEN;
    return holds ? position + 1 : position;
  }

  #sizeByte(byte: number, position: number, sink: BodySink): number {
    const digit = hexValue(byte);
    if (digit >= 0) {
      this.#size = this.#size * 16 + digit;
      return this.#expect(++this.#digits <= SIZE_DIGITS, SIZE, position);
    }
    if (this.#digits === 0) return this.#expect(false, SIZE, position);
    if (byte !== 0x3b) return this.#expect(byte === CR, SIZE_LF, position);
    this.#leaveOut(position, sink);
    return this.#expect(true, EXTENSION, position);
  }

  #extensionByte(byte: number, position: number): number {
    if (byte === CR) {
      this.#from = position;
      return this.#expect(true, SIZE_LF, position);
    }
    const visible = (byte > 0x1f && byte < 0x7f) || byte === TAB;
    return this.#expect(visible && ++this.#extensionBytes <= EXTENSION_LIMIT, EXTENSION, position);
  }

  #sizeEnds(byte: number, position: number): number {
    return this.#expect(byte === LF, this.#size === 0 ? TRAILER_START : DATA, position);
  }

  #trailerByte(byte: number, position: number, sink: BodySink): number {
    if (++this.#trailerBytes > TRAILER_LIMIT) return this.#expect(false, BROKEN, position);
    if (this.#state === TRAILER_START) return this.#trailerStarts(byte, position, sink);
    this.#trailers += String.fromCharCode(byte);
    switch (this.#state) {
      case TRAILER_LF:
        this.#from = -1;
        return this.#expect(byte === LF, TRAILER_START, position);
      case TRAILER_NAME:
        if (byte === COLON) return this.#expect(true, TRAILER_VALUE, position);
        return this.#expect(TOKEN_BYTE[byte] === 1, TRAILER_NAME, position);
      default:
        if (byte === CR) return this.#expect(true, TRAILER_LF, position);
        return this.#expect(RESPONSE_VALUE_BYTE[byte] === 1, TRAILER_VALUE, position);
    }
  }

  /** A trailer field, kept aside; or the CR of the last line, before which those that pass go on. */
  #trailerStarts(byte: number, position: number, sink: BodySink): number {
    this.#leaveOut(position, sink);
    if (byte === CR) {
      if (this.#trailers !== '') sink.text(passedTrailers(this.#trailers));
      this.#from = position;
      return this.#expect(true, END_LF, position);
    }
    this.#trailers += String.fromCharCode(byte);
    return this.#expect(TOKEN_BYTE[byte] === 1, TRAILER_NAME, position);
  }

  #leaveOut(position: number, sink: BodySink): void {
    this.#pass(position, sink);
    this.#from = -1;
  }
}

function passedTrailers(text: string): string {
  const raw = text.split('\r\n').flatMap((line) => {
    const colon = line.indexOf(':');
    return colon < 0 ? [] : [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  return trailerFields(raw)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
}
