// One client connection of the wire lane: bytes in, one exchange at a time, in order. It owns the socket until it closes
// or until something unusual comes, when the full lane gets the socket with every byte that was not answered.
import type { Socket } from 'node:net';
import type { Timeouts } from '@tollgate/core';
import type { ClientConnection } from '../../connection.ts';
import type { Counters } from '../../counters.ts';
import type { Generation } from '../../generation.ts';
import type { RequestLog } from '../../logs.ts';
import { progressOf } from '../../listen/progress.ts';
import { socketBelow } from '../../listen/socketBelow.ts';
import { reset } from '../../reset.ts';
import { Deadline, type TimerWheel } from '../../pool/wheel.ts';
import { ReaderPace } from '../readerPace.ts';
import { UploadRate } from '../uploadRate.ts';
import { bodyOf, type RequestBody } from './body.ts';
import type { UnderWay, WireClient } from './client.ts';
import { lateHeadAnswer } from './lateHead.ts';
import type { Askers } from './outgoing.ts';
import { recognise } from './recognise.ts';
import type { RequestHead } from './requestHead.ts';
import { readShared, type GiveBack } from './sharedRead.ts';

/** What a connection needs of its lane. */
export interface ConnectionHost {
  readonly wheel: TimerWheel;
  readonly counters: Counters;
  readonly requestLog: RequestLog;
  readonly draining: boolean;
  nextId(): string;
  current(): Generation;
  askers(facts: ClientConnection, generation: Generation): Askers;
  /** The exchange that answers, or `undefined`: this request is for the full lane. `bytes` hold its head from `start`, as it came. */
  exchange(
    connection: WireConnection,
    socket: Socket,
    head: RequestHead,
    generation: Generation,
    bytes: Buffer,
    start: number,
  ): UnderWay | undefined;
  handOver(connection: WireConnection, socket: Socket, bytes: Buffer): void;
  closed(connection: WireConnection): void;
}

/** `body`: its bytes are awaited. `wait`: the request is whole, its answer is not. `closing`: what comes is dropped. */
type Phase = 'head' | 'body' | 'wait' | 'closing' | 'gone';

/** Bytes of later requests that are kept while one is being answered. */
const HELD_BYTES = 16 * 1024;
/** How long a client may take to read the last answer and close. */
const LINGER_MS = 2000;
const NO_BYTES = Buffer.alloc(0);

export class WireConnection implements WireClient {
  readonly facts: ClientConnection;
  readonly #host: ConnectionHost;
  readonly #socket: Socket;
  readonly #deadline: Deadline;
  #generation: Generation;
  #askers: Askers;
  #phase: Phase = 'head';
  #exchange: UnderWay | undefined = undefined;
  #body: RequestBody | undefined = undefined;
  #rate: UploadRate | undefined = undefined;
  /** Read and not used yet: a part of a head, or later requests. */
  #held: Buffer | undefined = undefined;
  /** Of later requests, which will not be answered, some bytes have come. */
  #dropping = false;
  #headBegun = false;
  #consuming = false;
  #giveBack: GiveBack = () => undefined;
  #closeAfterAnswer = false;
  #requests = 0;
  /** Of the client, since it was first waited for. */
  #pace: ReaderPace | undefined = undefined;
  readonly #listeners: readonly (readonly [event: string, listener: (error: Error) => void])[];

  constructor(host: ConnectionHost, socket: Socket, facts: ClientConnection) {
    this.#host = host;
    this.#socket = socket;
    this.facts = facts;
    this.#generation = host.current();
    this.#askers = host.askers(facts, this.#generation);
    this.#deadline = new Deadline(host.wheel, () => this.#due());
    this.#listeners = [
      ['drain', () => this.#drained()],
      ['end', () => this.#clientEnded()],
      ['error', () => this.destroy()],
      ['close', () => this.#closed()],
    ];
  }

  start(firstBytes: Buffer | undefined): void {
    for (const [event, listener] of this.#listeners) this.#socket.on(event, listener);
    this.#deadline.set(this.#generation.config.timeouts.requestHeaderMs);
    const early: unknown = this.#socket.read();
    const bytes = early instanceof Buffer ? Buffer.concat([firstBytes ?? NO_BYTES, early]) : firstBytes;
    this.#giveBack = readShared(this.#socket, (read, length) => this.#read(read, length));
    // Only now: they may be handed over, and the socket with them.
    if (bytes !== undefined) this.#read(bytes, bytes.length);
  }

  get counters(): Counters {
    return this.#host.counters;
  }

  get requestLog(): RequestLog {
    return this.#host.requestLog;
  }

  get askers(): Askers {
    return this.#askers;
  }

  get bodyBytesIn(): number {
    return this.#body?.dataBytes ?? 0;
  }

  bodyLeft(contentLength: number): number {
    if (this.#body === undefined || this.#body.done) return 0;
    return contentLength < 0 ? Number.POSITIVE_INFINITY : contentLength - this.#body.dataBytes;
  }

  /** The connection ends with the answer under way, or the next. */
  get closing(): boolean {
    return this.#closeAfterAnswer || this.#host.draining;
  }

  get bodyDone(): boolean {
    return this.#body === undefined || this.#body.done;
  }

  get bodyLeftMs(): number {
    if (this.#rate === undefined || this.bodyDone) return Number.POSITIVE_INFINITY;
    return this.#rate.leftMs(performance.now());
  }

  closeAfterAnswer(): void {
    this.#closeAfterAnswer = true;
  }

  endOfHead(): string {
    if (this.#closeAfterAnswer || this.#host.draining) {
      this.#closeAfterAnswer = true;
      return 'Connection: close\r\n\r\n';
    }
    return keepAliveEnd(this.#generation);
  }

  write(chunk: string | Buffer): void {
    if (this.#phase === 'gone') return;
    if (typeof chunk === 'string') this.#socket.write(chunk, 'latin1');
    else this.#socket.write(chunk);
  }

  writeBoth(head: string, body: Buffer): void {
    if (this.#phase === 'gone') return;
    this.#socket.cork();
    this.#socket.write(head, 'latin1');
    this.#socket.write(body);
    this.#socket.uncork();
  }

  get blocked(): boolean {
    return this.#socket.writableNeedDrain;
  }

  pause(): void {
    this.#rate?.pause(performance.now());
    this.#socket.pause();
  }

  resume(): void {
    this.#rate?.resume(performance.now());
    this.#socket.resume();
  }

  within(ms: number): void {
    this.#deadline.set(ms);
  }

  get timeouts(): Timeouts {
    return this.#generation.config.timeouts;
  }

  exchangeOver(): void {
    this.#exchange = undefined;
    if (this.#closeAfterAnswer) this.#closeSoon();
    else this.#awaitNext();
  }

  destroy(): void {
    if (this.#phase === 'gone') return;
    this.#socket.destroy();
    this.#closed();
  }

  awaitReader(): void {
    this.#pace ??= new ReaderPace(this.#generation.config.limits.bodyBytesPerSecond);
    this.#pace.begin(this.#takenBytes);
    this.#deadline.set(this.timeouts.responseIdleMs);
  }

  judgeReader(): void {
    if (this.#pace?.isTooSlow(this.#takenBytes, this.timeouts.responseIdleMs) === true) this.dropSlowReader();
    else this.awaitReader();
  }

  get #takenBytes(): number {
    return progressOf(socketBelow(this.#socket) ?? this.#socket).taken;
  }

  dropSlowReader(): void {
    if (this.#phase === 'gone') return;
    this.counters.dropped('slow-reader');
    reset(this.#socket);
    this.#closed();
  }

  /** Closes now if idle, else after the answer under way. */
  drain(): void {
    this.#closeAfterAnswer = true;
    if (this.#phase === 'head' && this.#held === undefined) this.#closeIdle();
    else this.#exchange?.drain();
  }

  /** What waits for the client belongs to answers whose records say that they were given. */
  #closeIdle(): void {
    if (this.#socket.writableLength > 0) this.#closeSoon();
    else this.destroy();
  }

  #read(bytes: Buffer, length: number): void {
    const held = this.#held;
    if (held === undefined) this.#consume(bytes, 0, length);
    else {
      this.#held = undefined;
      const joined = Buffer.concat([held, bytes.subarray(0, length)]);
      this.#consume(joined, 0, joined.length);
    }
  }

  /** A loop, not a recursion: a client may pipeline any number of requests that are answered at once. */
  #consume(bytes: Buffer, start: number, end: number): void {
    this.#consuming = true;
    let position = start;
    while (position < end) position = this.#step(bytes, position, end);
    this.#consuming = false;
  }

  #step(bytes: Buffer, position: number, end: number): number {
    switch (this.#phase) {
      case 'head':
        return this.#readHead(bytes, position, end);
      case 'body':
        return this.#readBody(bytes, position, end);
      case 'wait':
        return this.#hold(bytes, position, end);
      case 'closing':
      case 'gone':
        return end;
    }
  }

  #hold(bytes: Buffer, position: number, end: number): number {
    if (this.#exchange !== undefined && this.#closeAfterAnswer) return this.#drop(end);
    // A copy: the buffer is everybody's.
    this.#held = Buffer.from(bytes.subarray(position, end));
    if (this.#phase === 'wait' && end - position > HELD_BYTES) this.#socket.pause();
    return end;
  }

  /** Nothing that comes after the answer under way is answered. */
  #drop(end: number): number {
    this.#dropping = true;
    return end;
  }

  #readHead(bytes: Buffer, position: number, end: number): number {
    if (this.blocked) {
      this.#phase = 'wait';
      return this.#hold(bytes, position, end);
    }
    const generation = this.#refresh();
    const head = recognise(bytes, position, end, generation.config.limits, this.#askers.peerTrusted);
    if (head === 'incomplete') return this.#holdHead(bytes, position, end);
    if (head === 'doubt') return this.#handOver(bytes, position, end);
    const exchange = this.#host.exchange(this, this.#socket, head, generation, bytes, position);
    if (exchange === undefined) return this.#handOver(bytes, position, end);
    this.#begin(head, exchange);
    return position + head.byteLength;
  }

  #holdHead(bytes: Buffer, position: number, end: number): number {
    // Counted from the head's first byte, whatever drips in after it (slowloris).
    if (!this.#headBegun) {
      this.#headBegun = true;
      this.#deadline.set(this.timeouts.requestHeaderMs);
    }
    return this.#hold(bytes, position, end);
  }

  #refresh(): Generation {
    const generation = this.#host.current();
    if (generation !== this.#generation) {
      this.#generation = generation;
      this.#askers = this.#host.askers(this.facts, generation);
    }
    return generation;
  }

  #handOver(bytes: Buffer, position: number, end: number): number {
    this.#leave();
    for (const [event, listener] of this.#listeners) this.#socket.removeListener(event, listener);
    this.#giveBack();
    this.#host.handOver(this, this.#socket, Buffer.from(bytes.subarray(position, end)));
    return end;
  }

  #begin(head: RequestHead, exchange: UnderWay): void {
    this.#headBegun = false;
    this.#requests += 1;
    const { limits } = this.#generation.config;
    if (head.close || this.#requests >= limits.requestsPerConnection) this.#closeAfterAnswer = true;
    this.#exchange = exchange;
    this.#body = bodyOf(head.contentLength);
    this.#phase = this.#body === undefined ? 'wait' : 'body';
    this.#rate =
      this.#body === undefined
        ? undefined
        : new UploadRate(limits.bodyBytesPerSecond, this.timeouts.bodyIdleMs, performance.now());
    exchange.start();
  }

  #readBody(bytes: Buffer, position: number, end: number): number {
    const body = this.#body;
    const exchange = this.#exchange;
    if (body === undefined) return end;
    const stop = body.feed(bytes, position, end, {
      range: (from, to) => exchange?.bodyBytes(bytes, from, to),
      text: (text) => exchange?.bodyText(text),
    });
    const limit = exchange?.admitted.route?.policy.bodyBytes ?? Number.POSITIVE_INFINITY;
    if (body.dataBytes > limit) this.#bodyFails('body-too-large');
    else if (body.broken) this.#bodyFails('request-malformed');
    else if (body.done) this.#bodyEnds();
    else if (this.#rate?.arrived(body.dataBytes, performance.now()) === false)
      this.#bodyFails('request-timeout');
    else this.#deadline.set(this.timeouts.bodyIdleMs);
    return stop === position ? end : stop;
  }

  #bodyFails(code: 'body-too-large' | 'request-malformed' | 'request-timeout'): void {
    this.#closeAfterAnswer = true;
    if (this.#exchange === undefined) this.#closeSoon();
    else this.#exchange.fail(code);
  }

  #bodyEnds(): void {
    if (this.#exchange === undefined) this.exchangeOver();
    else {
      this.#phase = 'wait';
      this.#exchange.bodyEnd();
    }
  }

  #awaitNext(): void {
    if (this.#phase === 'gone') return;
    if (this.bodyDone) {
      this.#phase = 'head';
      this.#body = undefined;
      this.#deadline.set(this.timeouts.keepAliveMs);
    } else this.#deadline.set(this.timeouts.bodyIdleMs);
    if (this.#socket.isPaused()) this.#socket.resume();
    this.#takeHeld();
  }

  #takeHeld(): void {
    const held = this.#held;
    if (this.#consuming || held === undefined) return;
    this.#held = undefined;
    this.#consume(held, 0, held.length);
  }

  /** A client that is still sending gets to read the answer: a close with bytes unread would reset it away. */
  #closeSoon(): void {
    if (this.#phase === 'gone') return;
    const whole = this.bodyDone && this.#held === undefined && !this.#dropping;
    this.#phase = 'closing';
    this.#held = undefined;
    // What the kernel has not taken yet would be lost with the socket: a slow reader has the time that any answer has.
    if (this.#socket.writableLength > 0) this.awaitReader();
    else this.#deadline.set(LINGER_MS);
    if (whole) this.#socket.destroySoon();
    else {
      this.#socket.resume();
      this.#socket.end(() => this.#linger());
    }
  }

  #linger(): void {
    if (this.#phase === 'closing') this.#deadline.set(LINGER_MS);
  }

  #drained(): void {
    if (this.#exchange !== undefined) this.#exchange.drained();
    else if (this.#phase === 'wait') this.#awaitNext();
  }

  /** Whoever half-closes before the answer has left, as in the full lane. */
  #clientEnded(): void {
    if (this.#phase === 'head') this.#closeIdle();
    else if (this.#phase !== 'closing') this.destroy();
  }

  #due(): void {
    if (this.#isDeaf) this.#dropHeld();
    if (this.#exchange !== undefined) this.#exchange.due();
    else if (this.#phase === 'head' && this.#held !== undefined) this.#answerTimeout();
    else if (this.#socket.writableLength > 0) this.judgeReader();
    else this.destroy();
  }

  /** Not read from, for it has sent so many requests ahead: that its client has left would not be heard. */
  get #isDeaf(): boolean {
    return this.#exchange !== undefined && this.#held !== undefined && this.#held.length > HELD_BYTES;
  }

  /** The answer under way is a slow one. It is the last. */
  #dropHeld(): void {
    this.#held = undefined;
    this.#dropping = true;
    this.#closeAfterAnswer = true;
    this.#socket.resume();
  }

  /** Part of a head came and no more: an answer and a record, though there is no request. */
  #answerTimeout(): void {
    const { text, record } = lateHeadAnswer(this.facts, this.#host.nextId());
    this.counters.refused('request-timeout');
    this.write(text);
    this.requestLog.write(record);
    this.#closeSoon();
  }

  #closed(): void {
    if (this.#phase === 'gone') return;
    this.#leave();
    this.#exchange?.closed();
    this.#exchange = undefined;
    this.#host.closed(this);
  }

  #leave(): void {
    this.#phase = 'gone';
    this.#held = undefined;
    this.#deadline.remove();
  }
}

const ends = new WeakMap<Generation, string>();

/** As Node's own server says it, so that a client knows how long it may rest. */
function keepAliveEnd(generation: Generation): string {
  let end = ends.get(generation);
  if (end === undefined) {
    const seconds = Math.floor(generation.config.timeouts.keepAliveMs / 1000);
    end = `Connection: keep-alive\r\nKeep-Alive: timeout=${seconds}\r\n\r\n`;
    ends.set(generation, end);
  }
  return end;
}
