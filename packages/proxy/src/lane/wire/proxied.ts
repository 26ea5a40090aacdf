// An exchange answered by an upstream: the request's head rewritten once and its body passed on, the answer's head
// rewritten once and its body passed back, each side waiting for the other's buffers.
import type { HashBy } from '@tollgate/core';
import { bodyPassed } from '../../bodyGarbage.ts';
import { endsOf } from '../../connection.ts';
import type { Lenders } from '../../pool/pools.ts';
import type { UpstreamTarget } from '../../target/target.ts';
import type { UpstreamFailure } from '../../upstream/failure.ts';
import { hashKeyOf } from '../../upstream/hashKey.ts';
import type { UpstreamMember } from '../../upstream/member.ts';
import type { ProxyEnds } from '../../upstream/proxyHeader.ts';
import { UpstreamAsk, type UpstreamAsker } from './ask.ts';
import { dateLine } from './clock.ts';
import type { WireClient } from './client.ts';
import type { Admitted } from './admitted.ts';
import { WireExchange } from './exchange.ts';
import { authorityText, statusLine, TEXT_BYTES, upstreamHead, viaLine } from './outgoing.ts';
import { relayOf, type Relay, type RelaySink } from './relay.ts';
import type { ResponseHead } from './responseHead.ts';

export class ProxiedExchange extends WireExchange implements UpstreamAsker, RelaySink {
  readonly #ask: UpstreamAsk;
  #relay: Relay | undefined = undefined;
  /** The client is not read from until the upstream takes what has come. */
  #upstreamIsFull = false;
  /** The answer's head, until it goes out with the first bytes of the body. */
  #text = '';

  constructor(connection: WireClient, admitted: Admitted, target: UpstreamTarget, pools: Lenders) {
    super(connection, admitted);
    this.#ask = new UpstreamAsk(this, target, pools, connection.timeouts);
  }

  get method(): string {
    return this.admitted.head.method;
  }

  get authority(): string {
    return authorityText(this.admitted.head, this.connection.facts.scheme);
  }

  hashKey(by: HashBy): string {
    const { head, asker } = this.admitted;
    return hashKeyOf(by, asker.client.address, this.authority, head.fields);
  }

  get ends(): ProxyEnds {
    return endsOf(this.connection.facts, this.admitted.asker.client.address);
  }

  start(): void {
    if (this.admitted.head.expectsContinue) this.connection.write('HTTP/1.1 100 Continue\r\n\r\n');
    const { timeouts, bodyDone } = this.connection;
    this.connection.within(bodyDone ? timeouts.upstreamHeaderMs : timeouts.bodyIdleMs);
    this.#ask.start();
  }

  asked(member: UpstreamMember): void {
    this.upstream = member.server.text;
  }

  requestHead(host: string): string {
    return upstreamHead(this.admitted.head, host, this.admitted, this.startMicros);
  }

  override bodyBytes(bytes: Buffer, from: number, to: number): void {
    bodyPassed(to - from);
    if (this.#ask.write(Buffer.from(bytes.subarray(from, to)))) return;
    this.#upstreamIsFull = true;
    this.connection.pause();
  }

  override bodyText(text: string): void {
    this.#ask.write(text);
  }

  override bodyEnd(): void {
    if (this.#relay === undefined) this.connection.within(this.connection.timeouts.upstreamHeaderMs);
  }

  upstreamDrain(): void {
    if (!this.#upstreamIsFull) return;
    this.#upstreamIsFull = false;
    this.connection.resume();
    if (!this.connection.bodyDone) this.connection.within(this.connection.timeouts.bodyIdleMs);
  }

  answerInterim(head: ResponseHead): void {
    this.connection.write(`${statusLine(head.status, head.reason)}${head.lines}${viaLine(head.minor)}\r\n`);
  }

  answerHead(head: ResponseHead): void {
    const relay = relayOf(head, this);
    this.#relay = relay;
    this.status = head.status;
    const date = head.hasDate ? '' : dateLine(this.startMicros);
    const lines = this.changedLines(head.status, head.lines + viaLine(head.minor));
    this.#text = `${statusLine(head.status, head.reason)}${lines}${date}${relay.line}${this.endOfHead()}`;
  }

  answerBytes(bytes: Buffer, from: number, to: number): void {
    const relay = this.#relay;
    if (relay === undefined) return;
    this.#awaitMore();
    const stop = relay.feed(bytes, from, to);
    this.#flush();
    this.bytesOut = relay.dataBytes;
    if (relay.broken) this.#ask.faulty('chunked body: broken framing');
    else if (relay.done) this.#whole(stop === to && this.connection.bodyDone);
    else if (this.connection.blocked) this.#ask.pause();
  }

  answerEnds(): boolean {
    if (this.#relay?.end() !== true) return false;
    this.#flush();
    this.#whole(false);
    return true;
  }

  answerFails(failure: UpstreamFailure): void {
    this.upstreamMs = this.#ask.elapsedMs;
    this.fail(failure.code);
  }

  relayText(text: string): void {
    this.#text += text;
  }

  relay(bytes: Buffer, from: number, to: number): void {
    if (to - from <= TEXT_BYTES) {
      this.#text += bytes.latin1Slice(from, to);
      return;
    }
    const head = this.#text;
    this.#text = '';
    const copy = Buffer.from(bytes.subarray(from, to));
    bodyPassed(copy.length);
    if (head === '') this.connection.write(copy);
    else this.connection.writeBoth(head, copy);
  }

  #flush(): void {
    if (this.#text === '') return;
    this.connection.write(this.#text);
    this.#text = '';
  }

  protected override clientDrain(): void {
    this.#ask.resume();
  }

  #whole(clean: boolean): void {
    this.#ask.whole(clean);
    this.upstreamMs = this.#ask.elapsedMs;
    this.finish();
  }

  /** Of the answer, or of a request whose answer has come before its end. */
  #awaitMore(): void {
    const { timeouts, bodyLeftMs } = this.connection;
    this.connection.within(Math.min(timeouts.responseIdleMs, bodyLeftMs));
  }

  override due(): void {
    const { blocked, bodyLeftMs } = this.connection;
    if (bodyLeftMs === 0) {
      this.connection.closeAfterAnswer();
      this.fail('request-timeout');
    } else if (this.status === 0 && bodyLeftMs === Number.POSITIVE_INFINITY) this.#ask.late();
    // A stream of events may be silent for long; a client that does not read may not.
    else if (blocked) this.connection.judgeReader();
    else this.#awaitMore();
  }

  protected override abandon(): void {
    this.#ask.abandon();
  }
}
