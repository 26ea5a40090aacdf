// An exchange answered by an upstream: the request's head rewritten once and its body passed on, the answer's head
// rewritten once and its body passed back, each side waiting for the other's buffers.
import { failureOf, UpstreamFailure } from '../../upstream/failure.ts';
import type { UpstreamGroup, UpstreamMember } from '../../upstream/group.ts';
import { hostOf } from '../../upstream/host.ts';
import type { UpstreamTarget } from '../../target/target.ts';
import type { UpstreamLink, UpstreamUser } from '../../pool/socket.ts';
import type { UpstreamEndpoint } from '../../pool/endpoint.ts';
import type { Lenders } from '../../pool/pools.ts';
import { dateLine } from './clock.ts';
import type { WireClient } from './client.ts';
import { WireExchange, type Admitted } from './exchange.ts';
import { authorityText, statusLine, TEXT_BYTES, upstreamHead, viaLine } from './outgoing.ts';
import { relayOf, type Relay, type RelaySink } from './relay.ts';
import { readResponseHead, type ResponseHead } from './responseHead.ts';

/** As the other engine's: nginx's largest default buffer is a quarter of it. */
const ANSWER_LIMITS = { headerBytes: 128 * 1024, headerCount: 1000 };
/** Interim answers of one exchange: an upstream that sends more has gone wrong. */
const INTERIM_LIMIT = 32;
/** RFC 9110 9.2.2: doing these twice is doing them once. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

export class ProxiedExchange extends WireExchange implements UpstreamUser, RelaySink {
  readonly #target: UpstreamTarget;
  readonly #group: UpstreamGroup;
  readonly #pools: Lenders;
  #member: UpstreamMember | undefined;
  #socket: UpstreamLink | undefined;
  #askedAt = 0;
  #retried = false;
  /** Some of the request's body is on its way: it cannot be sent again. */
  #bodySent = false;
  #partial: Buffer | undefined;
  #interim = 0;
  #response: ResponseHead | undefined;
  #relay: Relay | undefined;
  /** The answer's head, until it goes out with the first bytes of the body. */
  #text = '';

  constructor(connection: WireClient, admitted: Admitted, target: UpstreamTarget, pools: Lenders) {
    super(connection, admitted);
    this.#target = target;
    this.#group = target.group;
    this.#pools = pools;
  }

  start(): void {
    if (this.admitted.head.expectsContinue) this.connection.write('HTTP/1.1 100 Continue\r\n\r\n');
    this.#ask(undefined);
  }

  #ask(except: UpstreamMember | undefined): void {
    const member = this.#group.pick(except);
    const endpoint = member === undefined ? undefined : this.#target.endpoints.get(member);
    if (member === undefined || endpoint === undefined) this.fail('upstream-refused');
    else this.#askMember(member, endpoint, false);
  }

  #askMember(member: UpstreamMember, endpoint: UpstreamEndpoint, fresh: boolean): void {
    const { head, generation } = this.admitted;
    const pool = this.#pools.of(member, endpoint, this.#group.config, generation.config.timeouts);
    const socket = fresh ? pool.borrowNew(this) : pool.borrow(this);
    if (socket === undefined) {
      this.fail('overloaded');
      return;
    }
    this.#member = member;
    this.#socket = socket;
    this.upstream = member.server.text;
    this.#askedAt = performance.now();
    socket.write(upstreamHead(head, this.#host(member), this.admitted, this.startMicros));
    const { timeouts } = this.connection;
    this.connection.within(this.connection.bodyDone ? timeouts.upstreamHeaderMs : timeouts.bodyIdleMs);
  }

  #host(member: UpstreamMember): string {
    return this.#group.config.host === 'client'
      ? authorityText(this.admitted.head, this.connection.facts.scheme)
      : hostOf(member);
  }

  override bodyBytes(bytes: Buffer, from: number, to: number): void {
    if (this.#socket === undefined) return;
    this.#bodySent = true;
    if (!this.#socket.write(Buffer.from(bytes.subarray(from, to)))) this.connection.pause();
  }

  override bodyText(text: string): void {
    this.#socket?.write(text);
  }

  override bodyEnd(): void {
    if (this.#response === undefined) this.connection.within(this.connection.timeouts.upstreamHeaderMs);
  }

  upstreamDrain(): void {
    this.connection.resume();
  }

  upstreamData(bytes: Buffer, length: number): void {
    if (this.#relay !== undefined) this.#body(bytes, 0, length);
    else if (this.#partial === undefined) this.#head(bytes, length);
    else {
      const joined = Buffer.concat([this.#partial, bytes.subarray(0, length)]);
      this.#partial = undefined;
      this.#head(joined, joined.length);
    }
  }

  /** Interim answers, if any, then the head that counts and what came with it. */
  #head(bytes: Buffer, length: number): void {
    let position = 0;
    while (this.#response === undefined && !this.over) {
      const toHead = this.admitted.head.method === 'HEAD';
      const head = readResponseHead(bytes, position, length, toHead, ANSWER_LIMITS);
      if (head === 'incomplete') {
        if (length > position) this.#partial = Buffer.from(bytes.subarray(position, length));
        return;
      }
      if ('fault' in head) {
        this.#faulty(head.fault);
        return;
      }
      position += head.byteLength;
      if (head.status >= 200) this.#begin(head);
      else this.#interimCame(head);
    }
    if (!this.over) this.#body(bytes, position, length);
  }

  /** 100 is the front's own matter; to 101 nobody has asked here (such requests are the full lane's). */
  #interimCame(head: ResponseHead): void {
    if (head.status === 101) this.#faulty('101 without being asked');
    else if (++this.#interim > INTERIM_LIMIT) this.#faulty('too many informational answers');
    else if (head.status > 101)
      this.connection.write(`${statusLine(head.status, head.reason)}${head.lines}${viaLine(head.minor)}\r\n`);
  }

  #begin(head: ResponseHead): void {
    this.#response = head;
    this.#relay = relayOf(head, this);
    if (this.#member !== undefined) this.#group.succeeded(this.#member);
    this.status = head.status;
    const date = head.hasDate ? '' : dateLine(this.startMicros);
    this.#text = `${statusLine(head.status, head.reason)}${head.lines}${date}${viaLine(head.minor)}${this.#relay.line}${this.endOfHead()}`;
  }

  #body(bytes: Buffer, position: number, length: number): void {
    const relay = this.#relay;
    if (relay === undefined) return;
    this.connection.within(this.connection.timeouts.responseIdleMs);
    const stop = relay.feed(bytes, position, length);
    this.#flush();
    this.bytesOut = relay.dataBytes;
    if (relay.broken) this.#faulty('chunked body: broken framing');
    else if (relay.done) this.#done(stop === length);
    else if (this.connection.blocked) this.#socket?.pause();
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
    if (head === '') this.connection.write(copy);
    else this.connection.writeBoth(head, copy);
  }

  #flush(): void {
    if (this.#text === '') return;
    this.connection.write(this.#text);
    this.#text = '';
  }

  protected override clientDrain(): void {
    this.#socket?.resume();
  }

  /** The answer is whole. `clean`: nothing came after it. */
  #done(clean: boolean): void {
    const socket = this.#socket;
    const response = this.#response;
    this.#socket = undefined;
    this.upstreamMs = performance.now() - this.#askedAt;
    // An answer before the request's end leaves the rest of the request for nobody: the socket is done for.
    if (clean && response?.keepAlive === true && this.connection.bodyDone)
      socket?.release(response.keepAliveMs);
    else socket?.destroy();
    this.finish();
  }

  upstreamEnd(): void {
    if (this.#relay?.end() === true) {
      this.#flush();
      this.#done(false);
    } else this.#lost(new Error('upstream ended the connection'));
  }

  upstreamFailed(error: Error): void {
    this.#lost(error);
  }

  /** The connection is gone and the answer is not whole. */
  #lost(error: Error): void {
    const socket = this.#socket;
    const member = this.#member;
    this.#socket = undefined;
    if (socket === undefined || member === undefined) return;
    const answered = socket.answered || this.#partial !== undefined;
    socket.destroy();
    // A socket whose rest was over says nothing of the server's health.
    const stale = socket.uses > 1 && !answered;
    const failure = failureOf(error, socket.connected);
    if (!stale) this.#group.failed(member, failure);
    const endpoint = this.#target.endpoints.get(member);
    if (answered || !this.#mayRetry(socket)) this.#failed(failure);
    else if (stale && endpoint !== undefined) this.#askMember(member, endpoint, true);
    else this.#ask(member);
  }

  /** Once, and only what cannot have been done, or may be done twice. */
  #mayRetry(socket: UpstreamLink): boolean {
    if (this.#retried || this.#bodySent || this.status !== 0) return false;
    this.#retried = true;
    return !socket.connected || IDEMPOTENT.has(this.admitted.head.method);
  }

  #failed(failure: UpstreamFailure): void {
    this.upstreamMs = performance.now() - this.#askedAt;
    this.fail(failure.code);
  }

  /** What the upstream sent cannot be trusted: the client gets nothing of it. */
  #faulty(fault: string): void {
    this.#blame(new UpstreamFailure('upstream-malformed', fault));
  }

  #blame(failure: UpstreamFailure): void {
    if (this.#member !== undefined) this.#group.failed(this.#member, failure);
    this.#failed(failure);
  }

  override due(): void {
    const { bodyDone, blocked, timeouts } = this.connection;
    if (this.status !== 0) {
      // A stream of events may be silent for long; a client that does not read may not.
      if (blocked) this.cut();
      else this.connection.within(timeouts.responseIdleMs);
    } else if (!bodyDone) {
      this.connection.closeAfterAnswer();
      this.fail('request-timeout');
    } else
      this.#blame(
        new UpstreamFailure('upstream-header-timeout', `no answer in ${timeouts.upstreamHeaderMs} ms`),
      );
  }

  protected override abandon(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }
}
