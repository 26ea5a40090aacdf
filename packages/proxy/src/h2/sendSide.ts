// What a connection says to its client: frames of every kind, the window of the connection, and whose turn it is when
// several streams wait for it.
import { ERROR, FLAG, FRAME, FRAME_BYTES, INITIAL_WINDOW_BYTES, MOST_WINDOW_BYTES } from './frames.ts';
import { HpackEncoder, mostBlockBytes } from './hpack/encoder.ts';
import type { Output } from './output.ts';

/** A stream with bytes that no window has let out yet. */
interface WaitingStream {
  sendWaiting(): 'sent' | 'blocked' | 'idle';
}

/** A header block before it is cut into frames; one for all connections. */
let blockScratch = Buffer.allocUnsafeSlow(16 * 1024);

export class SendSide {
  readonly encoder = new HpackEncoder();
  readonly #output: Output;
  readonly #waiting = new Set<WaitingStream>();
  #window = INITIAL_WINDOW_BYTES;

  constructor(output: Output) {
    this.#output = output;
  }

  /** The largest DATA frame that may go out now on a stream with this window; 0 or less: none. */
  allowance(streamWindow: number): number {
    return Math.min(streamWindow, this.#window, this.#output.room, FRAME_BYTES);
  }

  data(id: number, bytes: Buffer, from: number, to: number, flags: number): void {
    this.#output.frame(to - from, FRAME.data, flags, id);
    if (to > from) this.#output.bytes(bytes, from, to);
    this.#window -= to - from;
  }

  /** `status` 0: trailers. */
  head(id: number, status: number, fields: readonly string[], last: boolean): void {
    const most = mostBlockBytes(fields);
    if (most > blockScratch.length) blockScratch = Buffer.allocUnsafeSlow(2 * most);
    const end = this.encoder.encode(status, fields, blockScratch);
    this.#block(id, blockScratch, 0, end, last ? FLAG.endStream : 0);
  }

  /** A block that was written without a table. */
  lastingBlock(id: number, block: Buffer, last: boolean): void {
    const whole = this.encoder.resized ? Buffer.concat([this.#sizeUpdate(), block]) : block;
    this.#block(id, whole, 0, whole.length, last ? FLAG.endStream : 0);
  }

  #sizeUpdate(): Buffer {
    return blockScratch.subarray(0, this.encoder.encode(0, [], blockScratch));
  }

  /** HEADERS, and CONTINUATION for what one frame does not hold. */
  #block(id: number, bytes: Buffer, from: number, to: number, flags: number): void {
    let at = from;
    let type: number = FRAME.headers;
    do {
      const end = Math.min(to, at + FRAME_BYTES);
      const ofFirst = type === FRAME.headers ? flags : 0;
      this.#output.frame(end - at, type, ofFirst | (end === to ? FLAG.endHeaders : 0), id);
      this.#output.bytes(bytes, at, end);
      at = end;
      type = FRAME.continuation;
    } while (at < to);
  }

  settings(entries: readonly (readonly [id: number, value: number])[]): void {
    this.#output.frame(6 * entries.length, FRAME.settings, 0, 0);
    for (const [id, value] of entries) {
      this.#output.uint16(id);
      this.#output.uint32(value);
    }
  }

  settingsAck(): void {
    this.#output.frame(0, FRAME.settings, FLAG.ack, 0);
  }

  /** The eight bytes at `from` are the peer's, when it is an answer. */
  ping(flags: number, bytes: Buffer, from: number): void {
    this.#output.frame(8, FRAME.ping, flags, 0);
    this.#output.bytes(bytes, from, from + 8);
  }

  windowUpdate(id: number, bytes: number): void {
    this.#output.frame(4, FRAME.windowUpdate, 0, id);
    this.#output.uint32(bytes);
  }

  rstStream(id: number, code: number): void {
    this.#output.frame(4, FRAME.rstStream, 0, id);
    this.#output.uint32(code);
  }

  goaway(lastId: number, code: number = ERROR.none): void {
    this.#output.frame(8, FRAME.goaway, 0, 0);
    this.#output.uint32(lastId);
    this.#output.uint32(code);
  }

  /** WINDOW_UPDATE of the connection; false: beyond the largest window. */
  widen(bytes: number): boolean {
    // While it is open, those that wait do so for something else: to look at each for each frame would be work for nothing.
    const wasClosed = this.#window <= 0;
    this.#window += bytes;
    if (wasClosed) this.pump();
    return this.#window <= MOST_WINDOW_BYTES;
  }

  /** The window of this one stream has grown. */
  wake(stream: WaitingStream): void {
    if (!this.#waiting.delete(stream)) return;
    let outcome = stream.sendWaiting();
    while (outcome === 'sent') outcome = stream.sendWaiting();
    if (outcome === 'blocked') this.#waiting.add(stream);
  }

  waits(stream: WaitingStream): void {
    this.#waiting.add(stream);
  }

  get holdsBack(): boolean {
    return this.#waiting.size > 0;
  }

  forget(stream: WaitingStream): void {
    this.#waiting.delete(stream);
  }

  /** Something has been taken, or a window has grown: a frame of each stream in turn. */
  pump(): void {
    const blocked: WaitingStream[] = [];
    for (const stream of this.#waiting) {
      if (this.allowance(1) <= 0) break;
      this.#waiting.delete(stream);
      const outcome = stream.sendWaiting();
      // At the end of the set, where this very loop finds it again.
      if (outcome === 'sent') this.#waiting.add(stream);
      else if (outcome === 'blocked') blocked.push(stream);
    }
    for (const stream of blocked) this.#waiting.add(stream);
  }
}
