// A stream answered by an upstream over HTTP/1.1: DATA frames become a framed body, and the answer's body DATA frames.
import { requestFields, tierFields, type HashBy } from '@tollgate/core';
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
import { linesOf } from '../outgoing.ts';
import { dataRelayOf, type Relay, type RelaySink } from '../relay.ts';
import type { ResponseHead } from '../responseHead.ts';
import { answerFields } from './fields.ts';
import { StreamExchange } from './stream.ts';

export class ProxiedStream extends StreamExchange implements UpstreamAsker, RelaySink {
  readonly #ask: UpstreamAsk;
  /** The whole request has come. */
  #bodyDone: boolean;
  readonly #rate: UploadRate;
  /** The client is not read from until the upstream takes what has come. */
  #upstreamIsFull = false;
  #relay: Relay | undefined = undefined;
  #pending: Buffer | undefined = undefined;
  #trailers: string[] = [];

  constructor(target: UpstreamTarget, pools: Lenders, ...rest: ConstructorParameters<typeof StreamExchange>) {
    super(...rest);
    const { limits, timeouts } = this.admitted.generation.config;
    this.#rate = new UploadRate(limits.bodyBytesPerSecond, performance.now());
    this.#ask = new UpstreamAsk(this, target, pools, timeouts);
    this.#bodyDone = this.stream.endAfterHeaders;
  }

  get method(): string {
    return this.admitted.accepted.method;
  }

  get authority(): string {
    return this.admitted.accepted.authority;
  }

  hashKey(by: HashBy): string {
    const { client, rawHeaders } = this.admitted;
    return hashKeyOf(by, client.address, this.authority, rawHeaders);
  }

  get ends(): ProxyEnds {
    return endsOf(this.facts, this.admitted.client.address);
  }

  start(): void {
    const { upstreamHeaderMs, bodyIdleMs } = this.admitted.generation.config.timeouts;
    this.deadline.set(this.#bodyDone ? upstreamHeaderMs : bodyIdleMs);
    this.stream.on('drain', () => this.#ask.resume());
    this.#ask.start();
    if (!this.#bodyDone && !this.over) this.#passBody();
  }

  asked(member: UpstreamMember): void {
    this.upstream = member.server.text;
  }

  requestHead(host: string): string {
    const { accepted, rawHeaders, client } = this.admitted;
    const fields = requestFields(accepted, rawHeaders, client, '2.0');
    fields[1] = host;
    fields.push(...tierFields(this.facts.tls?.forwarded, this.startMicros));
    if (this.#isChunked) fields.push('Transfer-Encoding', 'chunked');
    return `${accepted.method} ${accepted.target} HTTP/1.1\r\n${linesOf(fields)}\r\n`;
  }

  get #isChunked(): boolean {
    return !this.stream.endAfterHeaders && this.admitted.accepted.contentLength === undefined;
  }

  #passBody(): void {
    const { stream } = this;
    let trailers: readonly string[] = [];
    stream.on('data', (chunk: Buffer) => this.#pass(chunk));
    stream.on('trailers', (_headers, _flags, rawHeaders) => (trailers = rawHeaders ?? []));
    stream.on('end', () => {
      if (stream.aborted || this.over) return;
      this.#bodyDone = true;
      if (this.#relay === undefined)
        this.deadline.set(this.admitted.generation.config.timeouts.upstreamHeaderMs);
      if (this.#isChunked) this.#ask.write(`0\r\n${linesOf(trailerFields(trailers).flat())}\r\n`);
    });
  }

  #pass(chunk: Buffer): void {
    const { config } = this.admitted.generation;
    if (this.failure !== undefined) return;
    this.bytesIn += chunk.length;
    bodyPassed(chunk.length);
    if (this.bytesIn > this.admitted.route.policy.bodyBytes) {
      this.fail('body-too-large');
      return;
    }
    if (this.#rate.isTooSlow(this.bytesIn, performance.now())) {
      this.fail('request-timeout');
      return;
    }
    this.deadline.set(config.timeouts.bodyIdleMs);
    if (this.#isChunked) this.#ask.write(`${chunk.length.toString(16)}\r\n`);
    const more = this.#ask.write(chunk);
    if (this.#isChunked) this.#ask.write('\r\n');
    if (more) return;
    this.#upstreamIsFull = true;
    this.#rate.pause(performance.now());
    this.stream.pause();
  }

  upstreamDrain(): void {
    if (!this.#upstreamIsFull) return;
    this.#upstreamIsFull = false;
    this.#rate.resume(performance.now());
    this.stream.resume();
    if (!this.#bodyDone) this.deadline.set(this.admitted.generation.config.timeouts.bodyIdleMs);
  }

  answerInterim(head: ResponseHead): void {
    if (!this.stream.destroyed && !this.stream.headersSent)
      this.stream.additionalHeaders(
        Object.fromEntries(pairs(answerFields(head.status, head.lines, head.minor))),
      );
  }

  answerHead(head: ResponseHead): void {
    this.#relay = dataRelayOf(head, this);
    this.respond(head.status, answerFields(head.status, head.lines, head.minor), {
      endStream: head.framing === 'none',
      waitForTrailers: head.framing === 'chunked',
    });
    if (head.framing === 'chunked') this.stream.once('wantTrailers', () => this.#sendTrailers());
  }

  #sendTrailers(): void {
    if (this.#trailers.length === 0) this.stream.close();
    else this.stream.sendTrailers(Object.fromEntries(pairs(this.#trailers)));
  }

  answerBytes(bytes: Buffer, from: number, to: number): void {
    const relay = this.#relay;
    if (relay === undefined) return;
    this.deadline.set(this.admitted.generation.config.timeouts.responseIdleMs);
    const stop = relay.feed(bytes, from, to);
    this.bytesOut = relay.dataBytes;
    if (relay.broken) this.#ask.faulty('chunked body: broken framing');
    else if (relay.done) this.#whole(stop === to && this.#bodyDone);
    else this.#flush();
  }

  answerEnds(): boolean {
    if (this.#relay?.end() !== true) return false;
    this.#whole(false);
    return true;
  }

  answerFails(failure: UpstreamFailure): void {
    this.upstreamMs = this.#ask.elapsedMs;
    this.fail(failure.code);
  }

  relay(bytes: Buffer, from: number, to: number): void {
    const piece = bytes.subarray(from, to);
    // A copy in any case: the bytes are everybody's, and Node's HTTP/2 writes them later.
    bodyPassed(piece.length);
    this.#pending = this.#pending === undefined ? Buffer.from(piece) : Buffer.concat([this.#pending, piece]);
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

  #flush(): void {
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending !== undefined && !this.stream.write(pending)) this.#ask.pause();
  }

  #whole(clean: boolean): void {
    const pending = this.#pending;
    this.#pending = undefined;
    this.#ask.whole(clean);
    this.upstreamMs = this.#ask.elapsedMs;
    this.deadline.set(this.admitted.generation.config.timeouts.responseIdleMs);
    if (!this.stream.writableEnded) this.end(pending);
  }

  protected override due(): void {
    const { responseIdleMs } = this.admitted.generation.config.timeouts;
    if (this.status !== 0) {
      // A stream of events may be silent for long; a client that does not read may not.
      if (this.stream.writableLength > 0) super.due();
      else this.deadline.set(responseIdleMs);
    } else if (this.#bodyDone || this.#upstreamIsFull) this.#ask.late();
    else this.fail('request-timeout');
  }

  protected override abandon(): void {
    this.#ask.abandon();
    // What is left of the body is read and dropped; the answer's end closes the stream.
    if (!this.stream.destroyed) this.stream.resume();
  }
}

function* pairs(fields: readonly string[]): Generator<[string, string]> {
  for (let at = 0; at + 1 < fields.length; at += 2) yield [fields[at] ?? '', fields[at + 1] ?? ''];
}
