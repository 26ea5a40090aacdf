// A stream answered by an upstream over HTTP/1.1: DATA frames become a framed body, and the answer's body DATA frames.
import { endToEndFields, type HashBy } from '@tollgate/core';
import { bodyPassed } from '../../../bodyGarbage.ts';
import { endsOf } from '../../../connection.ts';
import type { Lenders } from '../../../pool/pools.ts';
import { trailerFields } from '../../../policy/trailers.ts';
import type { UpstreamTarget } from '../../../target/target.ts';
import type { UpstreamFailure } from '../../../upstream/failure.ts';
import { hashKeyOf } from '../../../upstream/hashKey.ts';
import type { UpstreamMember } from '../../../upstream/member.ts';
import type { ProxyEnds } from '../../../upstream/proxyHeader.ts';
import { UploadRate } from '../../uploadRate.ts';
import { UpstreamAsk, type UpstreamAsker } from '../ask.ts';
import { changedFields } from '../changed.ts';
import { chunkOf } from '../chunkOf.ts';
import { dateText } from '../clock.ts';
import { linesOf, upstreamHead } from '../outgoing.ts';
import { dataRelayOf, type Relay, type RelaySink } from '../relay.ts';
import type { ResponseHead } from '../responseHead.ts';
import { answerFields, lowerNames } from './fields.ts';
import { StreamExchange } from './stream.ts';

export class ProxiedStream extends StreamExchange implements UpstreamAsker, RelaySink {
  readonly #ask: UpstreamAsk;
  readonly #rate: UploadRate | undefined;
  /** The request's body goes on in chunks: its length was not told. */
  readonly #isChunked: boolean;
  /** The client is not read from until the upstream takes what has come. */
  #upstreamIsFull = false;
  #relay: Relay | undefined = undefined;
  /** Of the answer, until it goes out with the first of the body, or is all of it. */
  #head: ResponseHead | undefined = undefined;
  /** Of the answer's body, read and not written yet: whether it is the last piece decides how it is. */
  #bytes: Buffer = NO_BYTES;
  #from = 0;
  #to = 0;
  #trailers: readonly string[] = NO_FIELDS;

  constructor(target: UpstreamTarget, pools: Lenders, ...rest: ConstructorParameters<typeof StreamExchange>) {
    super(...rest);
    const { limits, timeouts } = this.admitted.generation.config;
    this.#rate = this.stream.requestDone
      ? undefined
      : new UploadRate(limits.bodyBytesPerSecond, timeouts.bodyIdleMs, this.startedAt);
    this.#ask = new UpstreamAsk(this, target, pools, timeouts);
    this.#isChunked = !this.stream.requestDone && this.admitted.accepted.contentLength === undefined;
  }

  get method(): string {
    return this.admitted.accepted.method;
  }

  get authority(): string {
    return this.admitted.accepted.authority;
  }

  hashKey(by: HashBy): string {
    const { asker, rawHeaders } = this.admitted;
    return hashKeyOf(by, asker.client.address, this.authority, rawHeaders);
  }

  get ends(): ProxyEnds {
    return endsOf(this.facts, this.admitted.asker.client.address);
  }

  start(): void {
    const { upstreamHeaderMs, bodyIdleMs } = this.admitted.generation.config.timeouts;
    this.deadline.set(this.stream.requestDone ? upstreamHeaderMs : bodyIdleMs);
    this.#ask.start();
  }

  asked(member: UpstreamMember): void {
    this.upstream = member.server.text;
  }

  requestHead(host: string): string {
    const { accepted, rawHeaders, asker } = this.admitted;
    const { method, target } = accepted;
    const framing = this.#isChunked ? 'Transfer-Encoding: chunked\r\n' : '';
    const lines = linesOf(endToEndFields(rawHeaders, asker.client.peerTrusted)) + framing;
    return upstreamHead({ method, target, lines }, host, this.admitted, this.startMicros);
  }

  override bodyBytes(bytes: Buffer, from: number, to: number): void {
    if (this.failure !== undefined) return;
    const { config } = this.admitted.generation;
    this.bytesIn += to - from;
    bodyPassed(to - from);
    if (this.bytesIn > this.admitted.route.policy.bodyBytes) this.fail('body-too-large');
    else if (this.#rate?.arrived(this.bytesIn, performance.now()) === false) this.fail('request-timeout');
    else {
      this.deadline.set(config.timeouts.bodyIdleMs);
      this.#pass(bytes, from, to);
    }
  }

  /** A copy in any case: the bytes are everybody's. */
  #pass(bytes: Buffer, from: number, to: number): void {
    const piece = this.#isChunked ? chunkOf(bytes, from, to) : Buffer.from(bytes.subarray(from, to));
    if (this.#ask.write(piece)) return;
    this.#upstreamIsFull = true;
    this.#rate?.pause(performance.now());
    this.stream.pauseBody();
  }

  override bodyEnd(trailers: readonly string[]): void {
    if (this.over || this.failure !== undefined) return;
    if (this.#relay === undefined)
      this.deadline.set(this.admitted.generation.config.timeouts.upstreamHeaderMs);
    if (this.#isChunked) this.#ask.write(`0\r\n${linesOf(trailerFields(trailers).flat())}\r\n`);
  }

  upstreamDrain(): void {
    if (!this.#upstreamIsFull) return;
    this.#upstreamIsFull = false;
    this.#rate?.resume(performance.now());
    this.stream.resumeBody();
    if (!this.stream.requestDone) this.deadline.set(this.admitted.generation.config.timeouts.bodyIdleMs);
  }

  answerInterim(head: ResponseHead): void {
    this.stream.inform(head.status, answerFields(head.lines, head.minor));
  }

  answerHead(head: ResponseHead): void {
    this.#relay = dataRelayOf(head, this);
    this.#head = head;
  }

  answerBytes(bytes: Buffer, from: number, to: number): void {
    const relay = this.#relay;
    if (relay === undefined) return;
    this.#awaitMore();
    this.#bytes = bytes;
    this.#from = this.#to = 0;
    const stop = relay.feed(bytes, from, to);
    this.bytesOut = relay.dataBytes;
    if (relay.broken) this.#ask.faulty('chunked body: broken framing');
    else if (relay.done) this.#whole(stop === to && this.stream.requestDone);
    else {
      this.#sendHead(false);
      if (!this.#write()) this.#ask.pause();
    }
    this.#bytes = NO_BYTES;
  }

  answerEnds(): boolean {
    if (this.#relay?.end() !== true) return false;
    this.#from = this.#to = 0;
    this.#whole(false);
    return true;
  }

  answerFails(failure: UpstreamFailure): void {
    this.upstreamMs = this.#ask.elapsedMs;
    this.fail(failure.code);
  }

  relay(_bytes: Buffer, from: number, to: number): void {
    this.#write();
    this.#from = from;
    this.#to = to;
    bodyPassed(to - from);
  }

  /** Trailers: the data of a body comes by `relay` alone. */
  relayText(text: string): void {
    this.#trailers = text
      .split('\r\n')
      .filter((line) => line !== '')
      .flatMap((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      });
  }

  /** What the last call of `relay` told; false: wait. */
  #write(): boolean {
    const from = this.#from;
    if (this.#to === from) return true;
    this.#from = this.#to;
    this.#sendHead(false);
    return this.stream.write(this.#bytes, from, this.#to);
  }

  #sendHead(last: boolean): void {
    const head = this.#head;
    if (head === undefined) return;
    this.#head = undefined;
    const fields = this.#changed(head.status, answerFields(head.lines, head.minor));
    if (!head.hasDate) fields.push('date', dateText(this.startMicros));
    this.respond(head.status, fields, last);
  }

  #changed(status: number, fields: string[]): string[] {
    const { route, asker } = this.admitted;
    const { change } = route.policy;
    return change === undefined
      ? fields
      : lowerNames(changedFields(status, fields, change, asker.client.scheme));
  }

  /** The upstream is let go first: the end of the stream would break it off. */
  #whole(clean: boolean): void {
    this.#ask.whole(clean);
    this.upstreamMs = this.#ask.elapsedMs;
    const bodyless = this.#to === this.#from && this.#trailers.length === 0;
    this.#sendHead(bodyless);
    this.whole();
    if (this.#trailers.length > 0) {
      this.#write();
      this.stream.end(this.#trailers);
    } else if (this.#to > this.#from) this.stream.writeLast(this.#bytes, this.#from, this.#to);
    else this.stream.end();
  }

  override clientDrain(): void {
    this.#awaitMore();
    this.#ask.resume();
  }

  /** For which the client may still be silent within its body; Infinity when it is not the one to be waited for. */
  get #bodyLeftMs(): number {
    if (this.#rate === undefined || this.stream.requestDone) return Number.POSITIVE_INFINITY;
    return this.#rate.leftMs(performance.now());
  }

  /** Of the answer, or of a request whose answer has come before its end. */
  #awaitMore(): void {
    this.awaitClient(this.#bodyLeftMs);
  }

  protected override due(): void {
    const bodyLeftMs = this.#bodyLeftMs;
    if (bodyLeftMs === 0) this.fail('request-timeout');
    else if (this.status === 0 && bodyLeftMs === Number.POSITIVE_INFINITY) this.#ask.late();
    // A stream of events may be silent for long.
    else if (this.stream.waitingBytes > 0) super.due();
    else this.#awaitMore();
  }

  protected override abandon(): void {
    this.#ask.abandon();
    // What is left of the body is read and dropped; the answer's end closes the stream.
    this.stream.resumeBody();
  }
}

const NO_BYTES = Buffer.alloc(0);
const NO_FIELDS: readonly string[] = [];
