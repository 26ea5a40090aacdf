// The request's body on its way to the upstream, framed as the request's fields say: piece by piece, no faster than the
// upstream takes it, trailers last.
import type { Exchange } from '../../lane/full/exchange.ts';
import { chunkOf } from '../../lane/wire/chunkOf.ts';
import { linesOf } from '../../lane/wire/outgoing.ts';
import { trailerFields } from '../../policy/trailers.ts';

/** False: `resume` is to be called before there is more. */
type Write = (piece: string | Buffer) => boolean;

export class RequestBody {
  /** All of it has been written; true of a request without one. */
  done = false;
  readonly #exchange: Exchange;
  readonly #write: Write;
  readonly #ended: () => void;

  /** `ended`: the last of it has been written. */
  constructor(exchange: Exchange, write: Write, ended: () => void) {
    this.#exchange = exchange;
    this.#write = write;
    this.#ended = ended;
  }

  start(): void {
    const { request, hasBody } = this.#exchange;
    this.done = !hasBody;
    if (this.done) return;
    request.on('data', this.#piece);
    request.once('end', () => this.#end());
  }

  resume(): void {
    if (!this.done) this.#exchange.request.resume();
  }

  /** What is left of it is not wanted, and read only to be dropped. */
  stop(): void {
    if (this.done) return;
    this.done = true;
    this.#exchange.request.off('data', this.#piece).resume();
  }

  get #isChunked(): boolean {
    return this.#exchange.head?.contentLength === undefined;
  }

  readonly #piece = (piece: Buffer): void => {
    const framed = this.#isChunked ? chunkOf(piece, 0, piece.length) : piece;
    if (!this.#write(framed)) this.#exchange.request.pause();
  };

  #end(): void {
    const { request, withheldTrailers } = this.#exchange;
    // A body that was cut by the front or the client has no end of its own.
    if (this.done || !request.whole) return;
    if (this.#isChunked) {
      const trailers = trailerFields(request.rawTrailers, withheldTrailers);
      this.#write(`0\r\n${linesOf(trailers.flat())}\r\n`);
    }
    this.done = true;
    this.#ended();
  }
}
