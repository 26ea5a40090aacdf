// One stream: its two halves, its windows, and what of its answer waits for them. Whoever answers it is its user.
import { ERROR, FLAG, MOST_WINDOW_BYTES, type ErrorNumber } from './frames.ts';
import type { ReceivedFields } from './receivedFields.ts';
import { ReceiveWindow } from './receiveWindow.ts';
import type { SendSide } from './sendSide.ts';

/** What a client may send ahead on one stream: 64 KB would hold an upload over a line of 100 ms to 640 KB/s. */
export const STREAM_WINDOW_BYTES = 256 * 1024;

/** Answers a stream. Nothing is called after `streamClosed`. */
export interface StreamUser {
  /** A part of the request's body; `bytes` are valid during the call only. */
  bodyBytes(bytes: Buffer, from: number, to: number): void;
  /** The request is whole; trailers as names and values in turn. */
  bodyEnd(trailers: readonly string[]): void;
  /** All that was written has gone out. */
  clientDrain(): void;
  /** The front has ended it for a reason of its own: what its client does then breaks nothing off. */
  readonly failed: boolean;
  /** Over: by both ends, or reset with `code`. `byPeer`: the client has reset it, or gone. */
  streamClosed(code: number, byPeer: boolean): void;
}

/** What a stream needs of its session. */
export interface StreamOwner {
  readonly sending: SendSide;
  /** So much of the connection's window has been used up by whoever read it. */
  consumed(bytes: number): void;
  resetStream(stream: H2Stream, code: ErrorNumber): void;
  /** `brokenOff`: by its client, while it was being answered. */
  streamOver(stream: H2Stream, brokenOff: boolean): void;
}

/** Waits for a window: bytes of a body, the end, or trailers. */
type Waiting = Buffer | 'end' | readonly string[];

export class H2Stream {
  readonly id: number;
  readonly request: ReceivedFields;
  user: StreamUser = NOBODY;
  /** What may be sent; below 0 after the peer has made it smaller. */
  sendWindow: number;
  /** The client has sent all of its request. */
  requestDone: boolean;
  headSent = false;
  /** Of the answer's body. */
  sentBytes = 0;
  over = false;
  readonly #owner: StreamOwner;
  #waiting: Waiting[] | undefined = undefined;
  #waitingBytes = 0;
  /** END_STREAM has been sent. */
  #ended = false;
  #endAsked = false;
  #stopWhenEnded = false;
  readonly #window = new ReceiveWindow(STREAM_WINDOW_BYTES);
  /** Received while the user would not have more. */
  #withheld = 0;
  #paused = false;
  #bodyBytes = 0;

  constructor(
    owner: StreamOwner,
    id: number,
    request: ReceivedFields,
    requestDone: boolean,
    sendWindow: number,
  ) {
    this.#owner = owner;
    this.id = id;
    this.request = request;
    this.requestDone = requestDone;
    this.sendWindow = sendWindow;
  }

  /** Of the answer's body, not sent yet. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** The user has said all of its answer. */
  get endAsked(): boolean {
    return this.#endAsked;
  }

  /** An informational answer; before the head only. */
  inform(status: number, fields: readonly string[]): void {
    if (!this.over && !this.headSent) this.#owner.sending.head(this.id, status, fields, false);
  }

  /** `fields`: names in lower case and values in turn. `last`: there is no body. */
  head(status: number, fields: readonly string[], last: boolean): void {
    if (this.over || this.headSent) return;
    this.headSent = true;
    this.#owner.sending.head(this.id, status, fields, last);
    if (last) this.#endSent();
  }

  /** The same, of a block that was written before. */
  headBlock(block: Buffer, last: boolean): void {
    if (this.over || this.headSent) return;
    this.headSent = true;
    this.#owner.sending.lastingBlock(this.id, block, last);
    if (last) this.#endSent();
  }

  /** A part of the body. What cannot go out now is copied, unless it is `lasting`. False: wait for `clientDrain`. */
  write(bytes: Buffer, from: number, to: number, lasting = false): boolean {
    if (this.over || this.#endAsked) return true;
    const sent = this.#waiting === undefined ? this.#send(bytes, from, to, false) : from;
    if (sent === to) return true;
    this.#keep(bytes, sent, to, lasting);
    return false;
  }

  #keep(bytes: Buffer, from: number, to: number, lasting: boolean): void {
    const rest = bytes.subarray(from, to);
    this.#wait(lasting ? rest : Buffer.from(rest));
    this.#waitingBytes += to - from;
  }

  /** The last part of the body, and its end. */
  writeLast(bytes: Buffer, from: number, to: number, lasting = false): void {
    if (this.over || this.#endAsked) return;
    const sent = this.#waiting === undefined ? this.#send(bytes, from, to, true) : from;
    if (sent === to && to > from) {
      this.#endSent();
      return;
    }
    if (sent < to) this.#keep(bytes, sent, to, lasting);
    this.end();
  }

  /** `trailers`: as the fields of a head. */
  end(trailers: readonly string[] = NO_FIELDS): void {
    if (this.over || this.#endAsked) return;
    this.#endAsked = true;
    const last = trailers.length > 0 ? trailers : 'end';
    if (this.#waiting === undefined) this.#finish(last);
    else this.#wait(last);
  }

  #finish(last: 'end' | readonly string[]): void {
    if (last === 'end') this.#owner.sending.data(this.id, NO_BYTES, 0, 0, FLAG.endStream);
    else this.#owner.sending.head(this.id, 0, last, true);
    this.#endSent();
  }

  #wait(what: Waiting): void {
    if (this.#waiting === undefined) {
      this.#waiting = [];
      this.#owner.sending.waits(this);
    }
    this.#waiting.push(what);
  }

  /** As many whole frames as the windows let out; where it stopped. */
  #send(bytes: Buffer, from: number, to: number, last: boolean): number {
    const { sending } = this.#owner;
    let at = from;
    while (at < to) {
      const length = Math.min(to - at, sending.allowance(this.sendWindow));
      if (length <= 0) break;
      const ends = last && at + length === to;
      sending.data(this.id, bytes, at, at + length, ends ? FLAG.endStream : 0);
      this.#sent(length);
      at += length;
    }
    return at;
  }

  #sent(bytes: number): void {
    this.sendWindow -= bytes;
    this.sentBytes += bytes;
  }

  /** One frame of what waits. `blocked`: by a window; `idle`: nothing waits any more. */
  sendWaiting(): 'sent' | 'blocked' | 'idle' {
    const first = this.#waiting?.[0];
    if (!Buffer.isBuffer(first) || this.over) return 'idle';
    const { sending } = this.#owner;
    const length = Math.min(first.length, sending.allowance(this.sendWindow));
    if (length <= 0) return 'blocked';
    const ends = length === first.length && this.#waiting?.[1] === 'end';
    sending.data(this.id, first, 0, length, ends ? FLAG.endStream : 0);
    this.#sent(length);
    this.#waitingBytes -= length;
    return this.#sentOf(first, length, ends);
  }

  #sentOf(first: Buffer, length: number, ends: boolean): 'sent' | 'idle' {
    const waiting = this.#waiting;
    if (waiting === undefined) return 'idle';
    if (length < first.length) waiting[0] = first.subarray(length);
    else waiting.shift();
    if (ends) {
      this.#waiting = undefined;
      this.#endSent();
      return 'idle';
    }
    const [next] = waiting;
    if (Buffer.isBuffer(next)) return 'sent';
    this.#waiting = undefined;
    if (next === undefined) this.user.clientDrain();
    else this.#finish(next);
    return 'idle';
  }

  /** What is left of the request is not wanted: once the answer is whole, the client is told so (RFC 9113 8.1). */
  stopRequest(): void {
    this.#stopWhenEnded = true;
    if (this.#ended && !this.over) this.reset(ERROR.none);
  }

  #endSent(): void {
    this.#ended = true;
    this.#endAsked = true;
    if (this.requestDone) this.closed(ERROR.none, false);
    else if (this.#stopWhenEnded) this.reset(ERROR.none);
  }

  /** RST_STREAM. */
  reset(code: ErrorNumber): void {
    if (!this.over) this.#owner.resetStream(this, code);
  }

  /** Bytes of a DATA frame, padding among them; false: more than the window. */
  receive(frameBytes: number): boolean {
    return this.#window.use(frameBytes);
  }

  /** The data of that frame; false: more than was announced. */
  body(bytes: Buffer, from: number, to: number, padding: number): boolean {
    this.#bodyBytes += to - from;
    const { contentLength } = this.request;
    if (contentLength >= 0 && this.#bodyBytes > contentLength) return false;
    this.#withheld += to - from + padding;
    if (to > from) this.user.bodyBytes(bytes, from, to);
    if (!this.#paused) this.#release();
    return true;
  }

  /** The client's END_STREAM; false: less than was announced. */
  endRequest(trailers: readonly string[]): boolean {
    const { contentLength } = this.request;
    if (contentLength >= 0 && this.#bodyBytes !== contentLength) return false;
    this.requestDone = true;
    this.user.bodyEnd(trailers);
    if (this.#ended) this.closed(ERROR.none, false);
    return true;
  }

  /** The client may send as much as its window still holds, and no more. */
  pauseBody(): void {
    this.#paused = true;
  }

  resumeBody(): void {
    this.#paused = false;
    this.#release();
  }

  #release(): void {
    const bytes = this.#withheld;
    if (bytes === 0) return;
    this.#withheld = 0;
    this.#owner.consumed(bytes);
    const told = this.over || this.requestDone ? 0 : this.#window.giveBack(bytes);
    if (told > 0) this.#owner.sending.windowUpdate(this.id, told);
  }

  /** WINDOW_UPDATE or a change of the settings; false: beyond the largest window. */
  widen(bytes: number): boolean {
    this.sendWindow += bytes;
    return this.sendWindow <= MOST_WINDOW_BYTES;
  }

  /** The stream is gone; the connection gets back what of its window the user never took. */
  closed(code: number, byPeer: boolean): void {
    if (this.over) return;
    this.over = true;
    this.#waiting = undefined;
    this.#waitingBytes = 0;
    this.#owner.consumed(this.#withheld);
    this.#withheld = 0;
    const { user } = this;
    this.user = NOBODY;
    this.#owner.streamOver(this, byPeer && !user.failed);
    user.streamClosed(code, byPeer);
  }
}

const NO_FIELDS: readonly string[] = [];
const NO_BYTES = Buffer.alloc(0);

/** Before there is a user, and after. */
const NOBODY: StreamUser = {
  bodyBytes: () => undefined,
  bodyEnd: () => undefined,
  clientDrain: () => undefined,
  streamClosed: () => undefined,
  failed: false,
};
