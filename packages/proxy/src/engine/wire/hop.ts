// One exchange with an upstream: the request's head as one text, the answer through the response's own methods, so that
// filters see it. Each side waits for the other's buffers.
import type { HashBy, Timeouts } from '@tollgate/core';
import type { Exchange } from '../../lane/full/exchange.ts';
import { targetFields } from '../../lane/full/forwardedView.ts';
import { UpstreamAsk, type UpstreamAsker } from '../../lane/wire/ask.ts';
import { linesOf, viaLine } from '../../lane/wire/outgoing.ts';
import { dataRelayOf, type Relay, type RelaySink } from '../../lane/wire/relay.ts';
import { fieldsOf } from '../../lane/wire/requestHead.ts';
import type { ResponseHead } from '../../lane/wire/responseHead.ts';
import { isSendable } from '../../policy/trailers.ts';
import type { UpstreamPools } from '../../pool/pools.ts';
import { Deadline, type TimerWheel } from '../../pool/wheel.ts';
import type { UpstreamFailure } from '../../upstream/failure.ts';
import type { UpstreamGroup } from '../../upstream/group.ts';
import type { UpstreamMember } from '../../upstream/member.ts';
import type { ProxyEnds } from '../../upstream/proxyHeader.ts';
import { exchangeEnds, exchangeKey } from '../exchangeFacts.ts';
import { RequestBody } from './requestBody.ts';

export interface WireHopOptions {
  readonly group: UpstreamGroup;
  readonly pools: UpstreamPools;
  readonly wheel: TimerWheel;
  readonly timeouts: Timeouts;
}

export class WireHop implements UpstreamAsker, RelaySink {
  readonly #exchange: Exchange;
  readonly #options: WireHopOptions;
  readonly #ask: UpstreamAsk;
  readonly #body: RequestBody;
  /** Of the answer's head. */
  readonly #deadline: Deadline;
  /** Of the answer, until something of its body has come, or all. */
  #head: ResponseHead | undefined = undefined;
  /** `undefined`: there is no answer, or none that can be sent. */
  #relay: Relay | undefined = undefined;
  /** Of the answer's body, not written yet: the last one goes out with the end. */
  #piece: Buffer | undefined = undefined;
  /** Whoever takes the answer wants no more of it for now. */
  #clientIsFull = false;
  #trailers = '';

  constructor(exchange: Exchange, options: WireHopOptions) {
    const { group, pools, wheel, timeouts } = options;
    this.#exchange = exchange;
    this.#options = options;
    this.#ask = new UpstreamAsk(this, { group }, pools, timeouts);
    this.#body = new RequestBody(
      exchange,
      (piece) => this.#sendPiece(piece),
      () => this.#awaitHead(),
    );
    this.#deadline = new Deadline(wheel, () => this.#ask.late());
    exchange.onOver(() => this.#leave());
  }

  start(): void {
    this.#ask.start();
    // A refusal is told at once.
    if (this.#exchange.failure === undefined) this.#body.start();
  }

  get method(): string {
    return this.#exchange.head?.method ?? '';
  }

  get authority(): string {
    return this.#exchange.head?.authority ?? '';
  }

  get ends(): ProxyEnds {
    return exchangeEnds(this.#exchange);
  }

  hashKey(by: HashBy): string {
    return exchangeKey(this.#exchange, by);
  }

  requestHead(host: string): string {
    const fields = targetFields(this.#exchange);
    if (this.#options.group.config.host === 'upstream') fields[1] = host;
    return `${this.method} ${this.#exchange.head?.target} HTTP/1.1\r\n${linesOf(fields)}\r\n`;
  }

  asked(member: UpstreamMember): void {
    this.#exchange.upstream = member.server.text;
    this.#exchange.upstreamStarted();
    if (!this.#exchange.hasBody) this.#awaitHead();
  }

  #awaitHead(): void {
    if (this.#relay === undefined) this.#deadline.set(this.#options.timeouts.upstreamHeaderMs);
  }

  /** Within its body a client may be silent for a time of its own, which says nothing about the upstream. */
  #sendPiece(piece: string | Buffer): boolean {
    const isTaken = this.#ask.write(piece);
    if (isTaken) this.#deadline.clear();
    else this.#awaitHead();
    return isTaken;
  }

  upstreamDrain(): void {
    if (!this.#body.done) this.#deadline.clear();
    this.#body.resume();
  }

  /** Of no consequence to the answer itself: what cannot be sent is left out rather than refused. */
  answerInterim(head: ResponseHead): void {
    const { request, response } = this.#exchange;
    const fields = answerFields(head);
    if (request.httpVersion === '1.0' || response.headersSent) return;
    if (fields.every((text) => isSendable(text))) response.inform(head.status, fields);
  }

  answerHead(head: ResponseHead): void {
    this.#deadline.remove();
    this.#head = head;
    this.#relay = dataRelayOf(head, this);
    // An event stream may be silent after its head for long; the head must not wait for the first event.
    setImmediate(() => this.#flushHead());
  }

  #flushHead(): void {
    const { response, over, failure } = this.#exchange;
    if (this.#head === undefined || over || failure !== undefined) return;
    if (this.#begin()) response.flushHead();
  }

  /** Hands the head to the response, once: until then a fault has an error answer. False: there has been one. */
  #begin(): boolean {
    const head = this.#head;
    this.#head = undefined;
    if (head === undefined) return this.#relay !== undefined;
    try {
      this.#writeHead(head);
    } catch {
      this.#relay = undefined;
      this.#ask.faulty('a field that cannot be sent');
      return false;
    }
    this.#exchange.response.on('drain', () => this.#clientDrain());
    return true;
  }

  #clientDrain(): void {
    this.#clientIsFull = false;
    this.#ask.resume();
  }

  #writeHead(head: ResponseHead): void {
    const { response } = this.#exchange;
    const all = answerFields(head);
    // RFC 9110 8.6: no Content-Length in a 204.
    const fields = head.status === 204 ? withoutLength(all) : all;
    if (head.reason === undefined) response.writeHead(head.status, fields);
    else response.writeHead(head.status, head.reason, fields);
  }

  answerBytes(bytes: Buffer, from: number, to: number): void {
    const relay = this.#relay;
    if (relay === undefined) return;
    const stop = relay.feed(bytes, from, to);
    if (relay.broken) this.#ask.faulty('chunked body: broken framing');
    else if (relay.done) this.#whole(stop === to && this.#body.done);
    else this.#writeOrWait();
  }

  /** Only here may the socket be paused: one that the answer's end gives back must be read from. */
  #writeOrWait(): void {
    this.#write();
    if (this.#clientIsFull) this.#ask.pause();
  }

  answerEnds(): boolean {
    if (this.#relay?.end() !== true) return false;
    this.#whole(false);
    return true;
  }

  answerFails(failure: UpstreamFailure): void {
    this.#exchange.fail(failure.code);
  }

  /** A copy: the bytes are everybody's. */
  relay(bytes: Buffer, from: number, to: number): void {
    this.#write();
    this.#piece = Buffer.from(bytes.subarray(from, to));
  }

  /** Trailers: the data of a body comes by `relay` alone. */
  relayText(text: string): void {
    this.#trailers += text;
  }

  #write(): void {
    const piece = this.#piece;
    if (piece === undefined) return;
    this.#piece = undefined;
    if (this.#begin() && !this.#exchange.response.write(piece)) this.#clientIsFull = true;
  }

  #whole(clean: boolean): void {
    const { response } = this.#exchange;
    if (!this.#begin()) return;
    this.#ask.whole(clean);
    this.#exchange.upstreamEnded();
    if (this.#trailers !== '') {
      this.#write();
      response.trail(pairsOf(fieldsOf(this.#trailers)));
    }
    if (this.#piece === undefined) response.end();
    else response.end(this.#piece);
  }

  /** The exchange has ended, by this answer or by somebody else. */
  #leave(): void {
    this.#deadline.remove();
    this.#body.stop();
    this.#ask.abandon();
  }
}

const answerFields = ({ lines, minor }: ResponseHead): string[] => fieldsOf(lines + viaLine(minor));

function withoutLength(fields: readonly string[]): string[] {
  return fields.filter((_, at) => (fields[at - (at % 2)] ?? '').toLowerCase() !== 'content-length');
}

function pairsOf(fields: readonly string[]): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) pairs.push([fields[at] ?? '', fields[at + 1] ?? '']);
  return pairs;
}
