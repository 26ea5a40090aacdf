// A stream of the front's own HTTP/2 in the shape that Node's compatible request and response expect below them: what
// they use of Node's own stream, and no more.
import { Duplex } from 'node:stream';
import type { ClientConnection } from '../../connection.ts';
import { ERROR, type ErrorNumber } from '../../h2/frames.ts';
import type { H2Stream, StreamUser } from '../../h2/stream.ts';
import { isSendable } from '../../policy/trailers.ts';
import { Deadline, type TimerWheel } from '../../pool/wheel.ts';
import { isBodyless } from '../../target/prepared.ts';
import type { ReaderPace } from '../readerPace.ts';
import { dateText } from '../wire/clock.ts';

/** As Node's response keeps them: a field that is repeated has a list. */
type OutgoingFields = Readonly<Record<string, string | number | readonly string[] | undefined>>;

interface RespondOptions {
  readonly endStream?: boolean;
  readonly sendDate?: boolean;
}

export class StreamDuplex extends Duplex implements StreamUser {
  /** Of the connection's socket, which whoever asks for it is not to touch: Node looks here in its place. */
  readonly session = undefined;
  readonly encrypted: boolean;
  readonly id: number;
  readonly endAfterHeaders: boolean;
  readonly headRequest: boolean;
  rstCode: number = ERROR.none;
  /** Its client has broken it off. */
  aborted = false;
  /** Of which this is the stream. */
  exchange: { readonly failure: unknown } | undefined = undefined;
  readonly #stream: H2Stream;
  readonly #facts: ClientConnection;
  readonly #deadline: Deadline;
  readonly #pace: ReaderPace;
  #idleMs = 0;
  #bodyless = false;
  #written: ((error?: Error | null) => void) | undefined = undefined;
  #trailers: readonly string[] = [];

  constructor(stream: H2Stream, facts: ClientConnection, wheel: TimerWheel, pace: ReaderPace) {
    super({ allowHalfOpen: true });
    this.#pace = pace;
    this.#stream = stream;
    this.#facts = facts;
    this.#deadline = new Deadline(wheel, () => this.#due());
    this.encrypted = facts.tls !== undefined;
    this.id = stream.id;
    this.endAfterHeaders = stream.requestDone;
    this.headRequest = stream.request.method === 'HEAD';
    stream.user = this;
    if (stream.requestDone) this.push(null);
  }

  get failed(): boolean {
    return this.exchange?.failure !== undefined;
  }

  get remoteAddress(): string | undefined {
    return this.#facts.peer.address || undefined;
  }

  get remotePort(): number {
    return this.#facts.peer.port;
  }

  get localAddress(): string | undefined {
    return this.#facts.local.address || undefined;
  }

  get localPort(): number {
    return this.#facts.local.port;
  }

  get headersSent(): boolean {
    return this.#stream.headSent;
  }

  /** Calls 'timeout' when nothing has moved for so long; 0: never. */
  setTimeout(ms: number, listener?: () => void): this {
    this.#idleMs = ms;
    if (listener !== undefined) this.once('timeout', listener);
    if (ms > 0) this.#deadline.set(ms);
    else this.#deadline.clear();
    return this;
  }

  /** A large piece may take its time, as long as some of it goes. */
  #due(): void {
    if (this.#stream.over) this.destroy();
    else if (this.#stream.waitingBytes > 0 && !this.#pace.isTooSlow(this.#stream.sentBytes, this.#idleMs))
      this.#moved();
    else this.emit('timeout');
  }

  #moved(): void {
    this.#pace.begin(this.#stream.sentBytes);
    if (this.#idleMs > 0) this.#deadline.set(this.#idleMs);
  }

  additionalHeaders(fields: OutgoingFields): void {
    this.#stream.inform(Number(fields[':status']), listOf(fields));
  }

  respond(fields: OutgoingFields, options: RespondOptions = {}): void {
    const status = Number(fields[':status']);
    const list = listOf(fields);
    if (options.sendDate !== false && fields['date'] === undefined)
      list.push('date', dateText(Date.now() * 1000));
    this.#bodyless = options.endStream === true || this.headRequest || isBodyless(status);
    this.#moved();
    this.#stream.head(status, list, this.#bodyless);
  }

  sendTrailers(fields: OutgoingFields): void {
    this.#trailers = listOf(fields);
  }

  /** NO_ERROR: once the answer is whole, the client need not send the rest of its body. */
  close(code: number = ERROR.none): void {
    if (code === ERROR.none) {
      if (!this.writableEnded) this.end();
      this.#stream.stopRequest();
    } else this.#stream.reset(errorNumber(code));
  }

  override _read(): void {
    this.#stream.resumeBody();
  }

  bodyBytes(bytes: Buffer, from: number, to: number): void {
    this.#moved();
    if (!this.push(Buffer.from(bytes.subarray(from, to)))) this.#stream.pauseBody();
  }

  bodyEnd(trailers: readonly string[]): void {
    if (trailers.length > 0) this.emit('trailers', objectOf(trailers), 0, trailers);
    this.push(null);
  }

  /** The chunk is the writer's until it is told that it has gone: it need not be copied. */
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#moved();
    if (this.#bodyless || this.#stream.over || this.#stream.write(chunk, 0, chunk.length, true)) done();
    else this.#written = done;
  }

  clientDrain(): void {
    this.#moved();
    const written = this.#written;
    this.#written = undefined;
    written?.();
  }

  override _final(done: (error?: Error | null) => void): void {
    this.emit('wantTrailers');
    this.#stream.end(this.#trailers);
    // Nobody has begun to read what the client may still send: nobody will.
    if (!this.#stream.over && this.readableFlowing === null) this.#stream.stopRequest();
    done();
  }

  streamClosed(code: number, byPeer: boolean): void {
    this.rstCode = code;
    if (byPeer || code !== ERROR.none) this.#brokenOff(byPeer);
    else this.#over();
  }

  #brokenOff(byPeer: boolean): void {
    this.aborted = byPeer && !this.writableEnded;
    if (this.aborted) this.emit('aborted');
    this.destroy();
  }

  /** Both halves have come to their ends; it closes when all has been read, or nobody reads on. */
  #over(): void {
    this.#moved();
    if (!this.writableEnded) this.end();
    this.push(null);
    if (this.readableFlowing === null) this.resume();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#deadline.remove();
    if (!this.#stream.over) this.#stream.reset(this.writableFinished ? ERROR.none : ERROR.internal);
    done(error);
  }
}

function listOf(fields: OutgoingFields): string[] {
  const list: string[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || name.startsWith(':')) continue;
    if (typeof value === 'object') for (const one of value) list.push(name, sendable(name, one));
    else list.push(name, sendable(name, String(value)));
  }
  return list;
}

/** As Node's HTTP/1.1 does; its HTTP/2 lets them pass. */
function sendable(name: string, value: string): string {
  if (isSendable(value)) return value;
  throw new TypeError(`field ${name}: expected text of latin1 without control characters`);
}

function objectOf(trailers: readonly string[]): Record<string, string> {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < trailers.length; at += 2)
    pairs.push([trailers[at] ?? '', trailers[at + 1] ?? '']);
  return Object.fromEntries(pairs);
}

const NUMBERS: ReadonlySet<number> = new Set(Object.values(ERROR));
const isErrorNumber = (code: number): code is ErrorNumber => NUMBERS.has(code);
const errorNumber = (code: number): ErrorNumber => (isErrorNumber(code) ? code : ERROR.internal);
