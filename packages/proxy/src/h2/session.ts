// One HTTP/2 connection (RFC 9113): frames in, streams out, and the bounds that keep a client from taking more than its
// share. What a stream is answered with is its host's matter.
import type { Socket } from 'node:net';
import type { Deadline } from '../pool/wheel.ts';
import { FrameReader, type FrameTaker } from './frameReader.ts';
import {
  ERROR,
  FLAG,
  FRAME,
  INITIAL_WINDOW_BYTES,
  MOST_STREAM_ID,
  readUint31,
  readUint32,
  SETTING,
  FRAME_BYTES,
  MOST_WINDOW_BYTES,
  type ErrorNumber,
} from './frames.ts';
import { HeadBlock } from './headBlock.ts';
import { HpackDecoder } from './hpack/decoder.ts';
import { Output, type Turn } from './output.ts';
import { ReceivedFields } from './receivedFields.ts';
import { ReceiveWindow } from './receiveWindow.ts';
import { RecentIds } from './recentIds.ts';
import { RecentCount } from './recentCount.ts';
import { SendSide } from './sendSide.ts';
import { H2Stream, STREAM_WINDOW_BYTES, type StreamOwner } from './stream.ts';

/** On all streams together; also the most that slow targets make the front hold for one connection. */
const CONNECTION_WINDOW_BYTES = 1024 * 1024;
/** The size that everybody begins with; larger tables are memory that clients fill. */
const TABLE_BYTES = 4096;
/** Frames in ten seconds that ask for work and bring nothing: PING, SETTINGS, PRIORITY, empty DATA, unknown ones. */
const IDLE_FRAMES_PER_10S = 10_000;
/** Entries of one SETTINGS frame (CVE-2020-11080). */
const MOST_SETTINGS = 32;
/** How long a client may take to acknowledge the settings (section 6.5.3), and to see a GOAWAY. */
const SETTINGS_MS = 10_000;
const GOAWAY_MS = 1000;
/** How long a client may take to read the last frames and close. */
const LINGER_MS = 2000;

export interface SessionLimits {
  readonly streams: number;
  readonly headerListBytes: number;
  readonly headerCount: number;
  readonly resetsPer10s: number;
}

export type SessionDrop =
  /** Too many streams broken off. */
  | 'resets'
  /** Frames against the protocol, floods of those that are nothing but work among them. */
  | 'protocol-error'
  /** A header list beyond the limits. */
  | 'headers-too-large';

export interface SessionHost {
  readonly turn: Turn;
  deadline(onDue: () => void): Deadline;
  /** A request has come; who answers it. The stream may be over when it returns. */
  begin(stream: H2Stream): void;
  /** Nothing is under way any more. */
  idle(): void;
  /** Why a client has lost its connection, or a stream that nobody heard of. */
  dropped(what: SessionDrop): void;
  /** The socket is closed, or about to be. */
  closed(): void;
}

export class H2Session implements FrameTaker, StreamOwner {
  readonly sending: SendSide;
  readonly #socket: Socket;
  readonly #host: SessionHost;
  readonly #limits: SessionLimits;
  readonly #output: Output;
  readonly #reader = new FrameReader(this);
  readonly #decoder = new HpackDecoder(TABLE_BYTES);
  readonly #streams = new Map<number, H2Stream>();
  readonly #reset = new RecentIds();
  readonly #window = new ReceiveWindow(CONNECTION_WINDOW_BYTES);
  readonly #breaks: RecentCount;
  readonly #idleFrames = new RecentCount(IDLE_FRAMES_PER_10S);
  readonly #settingsDeadline: Deadline;
  readonly #leaveDeadline: Deadline;
  #block: HeadBlock | undefined = undefined;
  #settingsSeen = false;
  #lastId = 0;
  /** Of the client's settings. */
  #streamSendWindow = INITIAL_WINDOW_BYTES;
  /** `leaving`: told to open no more streams, `left`: those beyond the last one are not served. */
  #phase: 'open' | 'leaving' | 'left' | 'closing' | 'closed' = 'open';
  #mostServedId = MOST_STREAM_ID;

  constructor(socket: Socket, host: SessionHost, limits: SessionLimits) {
    this.#socket = socket;
    this.#host = host;
    this.#limits = limits;
    this.#output = new Output(socket, host.turn, () => this.#taken());
    this.sending = new SendSide(this.#output);
    this.#breaks = new RecentCount(limits.resetsPer10s);
    this.#settingsDeadline = host.deadline(() => this.fail(ERROR.settingsTimeout));
    this.#leaveDeadline = host.deadline(() => this.#leftAlone());
  }

  start(): void {
    this.sending.settings([
      [SETTING.enablePush, 0],
      [SETTING.maxConcurrentStreams, this.#limits.streams],
      [SETTING.initialWindowSize, STREAM_WINDOW_BYTES],
      [SETTING.maxHeaderListSize, this.#limits.headerListBytes],
    ]);
    this.sending.windowUpdate(0, CONNECTION_WINDOW_BYTES - INITIAL_WINDOW_BYTES);
    this.#settingsDeadline.set(SETTINGS_MS);
  }

  get activeStreams(): number {
    return this.#streams.size;
  }

  /** Bytes of bodies wait for a window or for the socket. */
  get holdsBack(): boolean {
    return this.sending.holdsBack;
  }

  /** Written, and not taken by the kernel yet. */
  get unsentBytes(): number {
    return this.#output.backlog;
  }

  /** What the client has sent. */
  read(bytes: Buffer, length: number): void {
    if (this.deaf) return;
    this.#reader.read(bytes, length);
    if (this.#output.overfull) this.#socket.pause();
  }

  get deaf(): boolean {
    return this.#phase === 'closing' || this.#phase === 'closed';
  }

  unreadable(fault: 'preface' | 'frame-size'): void {
    this.fail(fault === 'preface' ? ERROR.protocol : ERROR.frameSize);
  }

  #taken(): void {
    this.sending.pump();
    if (this.#socket.isPaused() && !this.#output.overfull) this.#socket.resume();
    if (this.#phase === 'left' && this.#streams.size === 0) this.#closeWhenTaken();
  }

  frame(type: number, flags: number, id: number, bytes: Buffer, from: number, to: number): void {
    if (this.#block !== undefined && (type !== FRAME.continuation || id !== this.#block.id))
      this.fail(ERROR.protocol);
    else if (!this.#settingsSeen && type !== FRAME.settings) this.fail(ERROR.protocol);
    else this.#frame(type, flags, id, bytes, from, to);
  }

  #frame(type: number, flags: number, id: number, bytes: Buffer, from: number, to: number): void {
    switch (type) {
      case FRAME.data:
        return this.#data(flags, id, bytes, from, to);
      case FRAME.headers:
        return this.#headers(flags, id, bytes, from, to);
      case FRAME.continuation:
        return this.#continuation(flags, bytes, from, to);
      case FRAME.windowUpdate:
        return this.#windowUpdate(id, bytes, from, to);
      case FRAME.rstStream:
        return this.#rstStream(id, bytes, from, to);
      case FRAME.settings:
        return this.#settings(flags, id, bytes, from, to);
      case FRAME.ping:
        return this.#ping(flags, id, bytes, from, to);
      case FRAME.goaway:
        return this.#goaway(id, bytes, from, to);
      case FRAME.priority:
        return this.#priority(id, to - from);
      case FRAME.pushPromise:
        return this.fail(ERROR.protocol);
      default:
        return this.#countIdleFrame();
    }
  }

  #countIdleFrame(): void {
    if (this.#idleFrames.tooMany()) this.fail(ERROR.enhanceYourCalm);
  }

  /** Rapid reset (CVE-2023-44487): opening streams and breaking them off costs the client nothing, and the targets much. */
  #countBreak(): void {
    if (!this.deaf && this.#breaks.tooMany()) this.#end(ERROR.enhanceYourCalm, 'resets');
  }

  #data(flags: number, id: number, bytes: Buffer, from: number, to: number): void {
    const length = to - from;
    const padded = (flags & FLAG.padded) !== 0;
    const padding = padded ? 1 + (bytes[from] ?? 0) : 0;
    const isWithin = this.#window.use(length);
    if (id === 0 || (padded && padding > length)) return this.fail(ERROR.protocol);
    if (!isWithin) return this.fail(ERROR.flowControl);
    const last = (flags & FLAG.endStream) !== 0;
    if (length === 0 && !last) this.#countIdleFrame();
    const stream = this.#streams.get(id);
    if (stream === undefined) return this.#strayData(id, length);
    if (stream.requestDone) this.#consume(length, stream, ERROR.streamClosed);
    else if (!stream.receive(length)) this.#consume(length, stream, ERROR.flowControl);
    else if (!stream.body(bytes, padded ? from + 1 : from, to - padding + (padded ? 1 : 0), padding))
      this.#consume(length, stream, ERROR.protocol);
    else if (last && !stream.over && !stream.endRequest(NO_FIELDS)) this.streamError(stream, ERROR.protocol);
  }

  #consume(bytes: number, stream: H2Stream, code: ErrorNumber): void {
    this.consumed(bytes);
    this.streamError(stream, code);
  }

  /** Of a stream that is no more: on its way when this side reset it, or a fault. */
  #strayData(id: number, length: number): void {
    if (this.#isIdle(id)) this.fail(ERROR.protocol);
    else if (!this.#reset.has(id) && id <= this.#mostServedId) this.fail(ERROR.streamClosed);
    else this.consumed(length);
  }

  /** Never begun. Beyond the last one that is served nothing is: its frames are dropped. */
  #isIdle(id: number): boolean {
    return id % 2 === 0 || (id > this.#lastId && id <= this.#mostServedId);
  }

  #headers(flags: number, id: number, bytes: Buffer, from: number, to: number): void {
    const padded = (flags & FLAG.padded) !== 0;
    let start = padded ? from + 1 : from;
    const end = padded ? to - (bytes[from] ?? 0) : to;
    if ((flags & FLAG.priority) !== 0) start += 5;
    if (id % 2 === 0 || start > end) return this.fail(ERROR.protocol);
    const last = (flags & FLAG.endStream) !== 0;
    if ((flags & FLAG.endHeaders) !== 0) this.#fields(id, last, bytes, start, end);
    else this.#block = new HeadBlock(id, last, bytes.subarray(start, end), this.#limits.headerListBytes);
  }

  #continuation(flags: number, bytes: Buffer, from: number, to: number): void {
    const block = this.#block;
    if (block === undefined) return this.fail(ERROR.protocol);
    if (!block.add(bytes.subarray(from, to))) return this.fail(ERROR.enhanceYourCalm);
    if ((flags & FLAG.endHeaders) === 0) return;
    this.#block = undefined;
    const whole = block.whole();
    this.#fields(block.id, block.last, whole, 0, whole.length);
  }

  #fields(id: number, last: boolean, bytes: Buffer, from: number, to: number): void {
    const { headerListBytes, headerCount } = this.#limits;
    const isNew = id > this.#lastId;
    const fields = new ReceivedFields({ listBytes: headerListBytes, count: headerCount }, !isNew);
    if (!this.#decoder.decode(bytes, from, to, fields)) return this.fail(ERROR.compression);
    if (isNew) this.#open(id, last, fields);
    else this.#trailers(id, last, fields);
  }

  #open(id: number, last: boolean, fields: ReceivedFields): void {
    if (id > this.#mostServedId) return;
    this.#lastId = id;
    if (this.#streams.size >= this.#limits.streams) return this.#refuse(id, ERROR.refusedStream);
    if (fields.tooLarge) {
      this.#host.dropped('headers-too-large');
      return this.#refuse(id, ERROR.enhanceYourCalm);
    }
    if (fields.malformed || !fields.isRequest || (last && fields.contentLength > 0))
      return this.#refuse(id, ERROR.protocol);
    const stream = new H2Stream(this, id, fields, last, this.#streamSendWindow);
    this.#streams.set(id, stream);
    this.#host.begin(stream);
  }

  /** Before anybody has heard of it. */
  #refuse(id: number, code: ErrorNumber): void {
    this.sending.rstStream(id, code);
    this.#reset.add(id);
    this.#countBreak();
  }

  #trailers(id: number, last: boolean, fields: ReceivedFields): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) {
      if (!this.#reset.has(id)) this.fail(ERROR.streamClosed);
    } else if (stream.requestDone) this.streamError(stream, ERROR.streamClosed);
    else if (!last || fields.malformed || fields.tooLarge || !stream.endRequest(fields.list))
      this.streamError(stream, ERROR.protocol);
  }

  #windowUpdate(id: number, bytes: Buffer, from: number, to: number): void {
    if (to - from !== 4) return this.fail(ERROR.frameSize);
    const increment = readUint31(bytes, from);
    if (id === 0) return this.#widen(increment);
    const stream = this.#streams.get(id);
    if (stream === undefined) {
      if (this.#isIdle(id)) this.fail(ERROR.protocol);
      else this.#countIdleFrame();
    } else if (increment === 0) this.streamError(stream, ERROR.protocol);
    else if (!stream.widen(increment)) this.streamError(stream, ERROR.flowControl);
    else this.sending.wake(stream);
  }

  #widen(increment: number): void {
    if (increment === 0) this.fail(ERROR.protocol);
    else if (!this.sending.widen(increment)) this.fail(ERROR.flowControl);
  }

  #rstStream(id: number, bytes: Buffer, from: number, to: number): void {
    if (to - from !== 4) return this.fail(ERROR.frameSize);
    const stream = this.#streams.get(id);
    if (stream !== undefined) stream.closed(readUint32(bytes, from), true);
    else if (this.#isIdle(id)) this.fail(ERROR.protocol);
    else this.#countIdleFrame();
  }

  #settings(flags: number, id: number, bytes: Buffer, from: number, to: number): void {
    const length = to - from;
    const ack = (flags & FLAG.ack) !== 0;
    if (id !== 0) return this.fail(ERROR.protocol);
    if (length % 6 !== 0 || (ack && length > 0)) return this.fail(ERROR.frameSize);
    this.#countIdleFrame();
    if (ack) {
      this.#settingsDeadline.remove();
      return;
    }
    this.#settingsSeen = true;
    if (length > 6 * MOST_SETTINGS) return this.fail(ERROR.enhanceYourCalm);
    for (let at = from; at < to && !this.deaf; at += 6)
      this.#setting(((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0), readUint32(bytes, at + 2));
    if (!this.deaf) this.sending.settingsAck();
  }

  #setting(id: number, value: number): void {
    if (id === SETTING.headerTableSize) this.sending.encoder.resize(value);
    else if (id === SETTING.enablePush && value > 1) this.fail(ERROR.protocol);
    else if (id === SETTING.initialWindowSize) this.#resizeWindows(value);
    else if (id === SETTING.maxFrameSize && (value < FRAME_BYTES || value > 2 ** 24 - 1))
      this.fail(ERROR.protocol);
  }

  #resizeWindows(bytes: number): void {
    if (bytes > MOST_WINDOW_BYTES) return this.fail(ERROR.flowControl);
    const change = bytes - this.#streamSendWindow;
    this.#streamSendWindow = bytes;
    for (const stream of this.#streams.values()) {
      if (!stream.widen(change)) return this.fail(ERROR.flowControl);
    }
    if (change > 0) this.sending.pump();
  }

  #ping(flags: number, id: number, bytes: Buffer, from: number, to: number): void {
    if (id !== 0) return this.fail(ERROR.protocol);
    if (to - from !== 8) return this.fail(ERROR.frameSize);
    this.#countIdleFrame();
    if ((flags & FLAG.ack) === 0) {
      if (!this.deaf) this.sending.ping(FLAG.ack, bytes, from);
    } else if (this.#phase === 'leaving') this.#leftAlone();
  }

  /** The client opens no more streams, or has found a fault. */
  #goaway(id: number, bytes: Buffer, from: number, to: number): void {
    if (id !== 0) return this.fail(ERROR.protocol);
    if (to - from < 8) return this.fail(ERROR.frameSize);
    this.leaveNow();
    if (readUint32(bytes, from + 4) !== ERROR.none) this.#close();
  }

  #priority(id: number, length: number): void {
    if (id === 0) this.fail(ERROR.protocol);
    else if (length !== 5) this.fail(ERROR.frameSize);
    else this.#countIdleFrame();
  }

  /** The client has broken the rules on one stream: that one ends. */
  streamError(stream: H2Stream, code: ErrorNumber): void {
    if (stream.over) return;
    this.sending.rstStream(stream.id, code);
    this.#reset.add(stream.id);
    stream.closed(code, true);
  }

  resetStream(stream: H2Stream, code: ErrorNumber): void {
    if (!this.deaf) this.sending.rstStream(stream.id, code);
    this.#reset.add(stream.id);
    stream.closed(code, false);
  }

  consumed(bytes: number): void {
    const told = this.#window.giveBack(bytes);
    if (told > 0 && !this.deaf) this.sending.windowUpdate(0, told);
  }

  streamOver(stream: H2Stream, brokenOff: boolean): void {
    this.#streams.delete(stream.id);
    this.sending.forget(stream);
    if (brokenOff) this.#countBreak();
    if (this.#streams.size > 0) return;
    if (this.#phase === 'left') this.#closeWhenTaken();
    else this.#host.idle();
  }

  /**
   * Graceful: the client is told first, and has the time of a round trip in which its streams are still served; then
   * which was the last of them (section 6.8).
   */
  leave(): void {
    if (this.#phase !== 'open') return;
    this.#phase = 'leaving';
    this.sending.goaway(MOST_STREAM_ID);
    this.sending.ping(0, PING, 0);
    this.#leaveDeadline.set(GOAWAY_MS);
  }

  #leftAlone(): void {
    if (this.#phase === 'closing') this.destroy();
    else this.leaveNow();
  }

  /** What has not come yet is not served, which a client may take for safe to ask again. */
  leaveNow(): void {
    if (this.#phase !== 'open' && this.#phase !== 'leaving') return;
    this.#phase = 'left';
    this.#mostServedId = this.#lastId;
    this.sending.goaway(this.#lastId);
    if (this.#streams.size === 0) this.#closeWhenTaken();
  }

  /** The answers are over, but not for a client that reads slowly: their ends may wait for it, as long as it takes some. */
  #closeWhenTaken(): void {
    this.#output.flush();
    if (this.#output.backlog === 0) this.#close();
    else this.#host.idle();
  }

  /** The connection is beyond repair, and ends with all of its streams. */
  fail(code: ErrorNumber): void {
    this.#end(code, 'protocol-error');
  }

  #end(code: ErrorNumber, why: SessionDrop): void {
    if (this.deaf) return;
    this.#host.dropped(why);
    this.sending.goaway(this.#lastId, code);
    this.#close();
  }

  /** A client that is still sending gets to read the last frames: a close with bytes unread would reset them away. */
  #close(): void {
    if (this.deaf) return;
    this.#output.flush();
    this.#phase = 'closing';
    this.#settingsDeadline.remove();
    this.#leaveDeadline.set(LINGER_MS);
    this.#endStreams();
    this.#socket.resume();
    this.#socket.end();
  }

  #endStreams(): void {
    for (const stream of this.#streams.values()) stream.closed(ERROR.cancel, true);
  }

  /** The client ends the connection: it has left. */
  clientEnded(): void {
    this.#endStreams();
    this.#output.flush();
    this.#socket.destroySoon();
  }

  destroy(): void {
    this.#socket.destroy();
    this.ended();
  }

  /** The socket has closed. Idempotent. */
  ended(): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    this.#settingsDeadline.remove();
    this.#leaveDeadline.remove();
    this.#endStreams();
    this.#host.closed();
  }
}

const NO_FIELDS: readonly string[] = [];
const PING = Buffer.from('tollgate', 'latin1');
