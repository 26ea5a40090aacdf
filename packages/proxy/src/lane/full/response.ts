// Node's two response classes with four additions: body bytes are counted, the front can take the answer over from a
// target, filters of the route see it before it is sent, and a client that is still sending gets to read the answer.
// oxlint-disable typescript/unbound-method -- each is bound by Reflect.apply in the same expression
import { ServerResponse } from 'node:http';
import { constants, Http2ServerResponse } from 'node:http2';
import type { FilterAnswer } from '../../policy/filterAnswer.ts';
import { reset } from '../../reset.ts';
import { TEXT_BYTES } from '../wire/outgoing.ts';
import { byteLength } from './byteLength.ts';
import { takeOffConnectionFields } from './connectionFields.ts';
import { FilteredAnswer, type BareAnswer } from './filteredAnswer.ts';
import type { H1Request, H2Request } from './request.ts';
import { foldFields } from './foldFields.ts';
import { lingerOnClose } from './linger.ts';

export interface AnswerObserver {
  bodySent(bytes: number): void;
  /** The target breaks its answer off. True: the front has answered in its place. */
  brokenOff(): boolean;
  /** A stream that the body goes through has failed. */
  changeFailed(error: Error): void;
  /** The connection ends after this answer. */
  readonly closing: boolean;
  /** The client has not sent all of its body. */
  readonly bodyPending: boolean;
  /** What is left of it is small enough to be read and dropped. */
  readonly worthDraining: boolean;
}

export class H1Response extends ServerResponse<H1Request> implements BareAnswer {
  observer: AnswerObserver | undefined = undefined;
  /** The front has answered in place of the target: what the target still writes is dropped. */
  taken = false;
  /** An app in this process answers. */
  byApp = false;
  /** `undefined` on a route without filters. */
  #filtered: FilteredAnswer | undefined = undefined;

  /** From here on what is answered passes the filters. Nothing has been sent. */
  filterBy(filter: FilterAnswer): void {
    this.#filtered = new FilteredAnswer(this, filter);
  }

  override writeHead(status: number, ...rest: unknown[]): this {
    if (this.taken) return this;
    this.#beforeHead();
    if (this.byApp) rest.push(takeOffConnectionFields(this, rest.pop(), true));
    if (this.#filtered === undefined || this.headersSent) this.bareHead(status, rest);
    else this.#filtered.writeHead(status, rest);
    return this;
  }

  override write(...given: unknown[]): boolean {
    if (this.taken) return false;
    return this.#filtered === undefined ? this.bareWrite(given) : this.#filtered.write(given);
  }

  override end(...given: unknown[]): this {
    if (this.taken) return this;
    if (this.#filtered === undefined) this.bareEnd(given);
    else this.#filtered.end(given);
    return this;
  }

  get gone(): boolean {
    return this.destroyed;
  }

  bareHead(status: number, rest: readonly unknown[]): void {
    Reflect.apply(super.writeHead, this, [status, ...rest]);
  }

  bareWrite(given: readonly unknown[]): boolean {
    this.observer?.bodySent(byteLength(given[0], given[1]));
    return Reflect.apply(super.write, this, given);
  }

  bareEnd(given: readonly unknown[]): void {
    const [chunk, encoding, done] = given;
    this.observer?.bodySent(byteLength(chunk, encoding));
    // Node joins a head with text, not with bytes: those would be a second piece of the write, and a second TLS record.
    const text =
      chunk instanceof Buffer && chunk.length <= TEXT_BYTES
        ? [chunk.latin1Slice(0, chunk.length), 'latin1', typeof encoding === 'function' ? encoding : done]
        : given;
    Reflect.apply(super.end, this, text);
  }

  changeFailed(error: Error): void {
    this.observer?.changeFailed(error);
  }

  /** How an app says that its answer will not be whole. */
  override destroy(error?: Error): this {
    if (this.byApp && !this.writableFinished && this.observer?.brokenOff() === true) return this;
    return super.destroy(error);
  }

  /** Answers in place of the target; nothing may have been sent. `fields`: names and values in turn. */
  take(status: number, fields: readonly string[], body: Buffer): void {
    if (this.#filtered !== undefined) {
      this.#filtered.answer(status, fields, body);
      return;
    }
    this.taken = true;
    for (const name of this.getHeaderNames()) this.removeHeader(name);
    this.#beforeHead();
    super.writeHead(status, [...fields]);
    this.observer?.bodySent(body.length);
    super.end(body);
  }

  /** An informational answer; before the head only. */
  inform(status: number, fields: readonly string[]): void {
    this.writeInformation(status, foldFields(fields));
  }

  trail(trailers: readonly [name: string, value: string][]): void {
    this.addTrailers(trailers);
  }

  /** Sends the head although no body byte has come. */
  flushHead(): void {
    this.flushHeaders();
  }

  /** An HTTP/1.0 client takes the end of the connection for the end of the body; only a reset is none to it. */
  cut(): void {
    const { socket } = this.req;
    if (this.req.httpVersionMinor === 0 && !('encrypted' in socket)) reset(socket);
    else this.destroy();
  }

  #beforeHead(): void {
    const { observer } = this;
    if (observer === undefined) return;
    if (observer.closing) this.shouldKeepAlive = false;
    // What is left of the body would be read for nothing, without bound.
    if (observer.bodyPending && !observer.worthDraining) this.shouldKeepAlive = false;
    if (observer.bodyPending && !this.shouldKeepAlive) lingerOnClose(this.req.socket);
  }
}

export class H2Response extends Http2ServerResponse<H2Request> implements BareAnswer {
  observer: AnswerObserver | undefined = undefined;
  taken = false;
  byApp = false;
  #filtered: FilteredAnswer | undefined = undefined;

  filterBy(filter: FilterAnswer): void {
    this.#filtered = new FilteredAnswer(this, filter);
  }

  override writeHead(status: number, ...rest: unknown[]): this {
    if (this.taken || this.stream.headersSent) return this;
    // HTTP/2 has no reason phrase, and Node warns when it is given one.
    const fields = typeof rest[0] === 'string' ? rest[1] : rest[0];
    const given = this.byApp ? takeOffConnectionFields(this, fields, false) : fields;
    if (this.#filtered === undefined) this.bareHead(status, [given]);
    else this.#filtered.writeHead(status, [given]);
    return this;
  }

  override write(...given: unknown[]): boolean {
    if (this.taken) return false;
    return this.#filtered === undefined ? this.bareWrite(given) : this.#filtered.write(given);
  }

  /** Node's own `end` passes its chunk to `write`, which counts it. */
  override end(...given: unknown[]): this {
    if (this.taken) return this;
    if (this.#filtered !== undefined) {
      this.#filtered.end(given);
      return this;
    }
    Reflect.apply(super.end, this, given);
    if (this.observer?.worthDraining === false) this.#stopBody();
    return this;
  }

  get gone(): boolean {
    return this.stream.destroyed;
  }

  bareHead(status: number, rest: readonly unknown[]): void {
    Reflect.apply(super.writeHead, this, [status, ...rest]);
  }

  bareWrite(given: readonly unknown[]): boolean {
    this.observer?.bodySent(byteLength(given[0], given[1]));
    return Reflect.apply(super.write, this, given);
  }

  /** In two calls: Node's `end` would pass its chunk to `write`, and that to the filters again. */
  bareEnd([chunk, ...rest]: readonly unknown[]): void {
    if (chunk instanceof Uint8Array || typeof chunk === 'string') this.bareWrite([chunk, rest[0]]);
    super.end();
    if (this.taken || this.observer?.worthDraining === false) this.#stopBody();
  }

  changeFailed(error: Error): void {
    this.observer?.changeFailed(error);
  }

  override destroy(error?: Error): this {
    if (!this.byApp || this.writableFinished) return super.destroy(error);
    this.observer?.brokenOff();
    return this;
  }

  take(status: number, fields: readonly string[], body: Buffer): void {
    if (this.#filtered !== undefined) {
      this.#filtered.answer(status, fields, body);
      return;
    }
    for (const name of this.getHeaderNames()) this.removeHeader(name);
    this.writeHead(status, [...fields]);
    this.end(body);
    this.taken = true;
    this.#stopBody();
  }

  /** RFC 9113 8.1: the client need not send the rest, and its answer is whole. The connection goes on. */
  #stopBody(): void {
    if (this.observer?.bodyPending === true) this.stream.close(constants.NGHTTP2_NO_ERROR);
  }

  inform(status: number, fields: readonly string[]): void {
    const { stream } = this;
    if (stream.destroyed || stream.headersSent) return;
    stream.additionalHeaders({ ':status': status, ...foldFields(fields) });
  }

  trail(trailers: readonly [name: string, value: string][]): void {
    this.addTrailers(foldFields(trailers.flat()));
  }

  /** Node's own destroy says NO_ERROR, which a client may take for the end of a whole answer. */
  cut(): void {
    this.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }

  /** Over HTTP/2 the head is a frame of its own and has been sent. */
  flushHead(): void {
    return undefined;
  }
}

export type FrontResponse = H1Response | H2Response;
