// One request to an upstream, whoever the client is: seeks a server, borrows a socket, writes the head, reads the answer's
// head, asks again where that is safe. Bodies are the asker's matter, in both directions.
import type { HashBy, Timeouts } from '@tollgate/core';
import type { Lenders } from '../../pool/pools.ts';
import type { UpstreamLink, UpstreamUser } from '../../pool/socket.ts';
import type { UpstreamTarget } from '../../target/target.ts';
import { failureOf, UpstreamFailure } from '../../upstream/failure.ts';
import { hostOf } from '../../upstream/host.ts';
import type { UpstreamMember } from '../../upstream/member.ts';
import type { ProxyEnds } from '../../upstream/proxyHeader.ts';
import type { Seeker } from '../../upstream/seeker.ts';
import { readResponseHead, type ResponseHead } from './responseHead.ts';

/** As the other engine's: nginx's largest default buffer is a quarter of it. */
const ANSWER_LIMITS = { headerBytes: 128 * 1024, headerCount: 1000 };
/** Interim answers of one exchange: an upstream that sends more has gone wrong. */
const INTERIM_LIMIT = 32;
/** RFC 9110 9.2.2: doing these twice is doing them once. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);
const NONE: readonly UpstreamMember[] = [];

/** Who asks. `bytes` are valid during each call only. */
export interface UpstreamAsker {
  readonly method: string;
  /** Canonical Host of the client's request. */
  readonly authority: string;
  /** As a seeker's. */
  hashKey(by: HashBy): string;
  /** Of the client's connection; asked only for servers that are told. */
  readonly ends: ProxyEnds;
  /** The whole request head, for a server that is asked as `host`. */
  requestHead(host: string): string;
  /** A server has been picked and is being asked. */
  asked(member: UpstreamMember): void;
  /** An informational answer that may go on to the client. */
  answerInterim(head: ResponseHead): void;
  answerHead(head: ResponseHead): void;
  answerBytes(bytes: Buffer, from: number, to: number): void;
  /** The upstream has ended: true when the answer is whole by that. */
  answerEnds(): boolean;
  /** There is no answer, or no more of it; told once. */
  answerFails(failure: UpstreamFailure): void;
  /** The upstream takes bytes again. */
  upstreamDrain(): void;
}

export class UpstreamAsk implements UpstreamUser, Seeker {
  tried = NONE;
  /** From request written to the answer's end, in milliseconds. */
  elapsedMs: number | undefined = undefined;
  readonly #asker: UpstreamAsker;
  readonly #target: Pick<UpstreamTarget, 'group'>;
  readonly #pools: Lenders;
  readonly #timeouts: Timeouts;
  /** Its place there is ours. */
  #member: UpstreamMember | undefined = undefined;
  /** A server is being sought. */
  #seeking = false;
  #link: UpstreamLink | undefined = undefined;
  #askedAt = 0;
  /** Some of the request's body is on its way: it cannot be sent again. */
  #bodySent = false;
  /** What has come of it while there is no connection yet: a server that refuses one has not got it. */
  #unsent: (string | Buffer)[] | undefined = undefined;
  #partial: Buffer | undefined = undefined;
  #interim = 0;
  #response: ResponseHead | undefined = undefined;

  constructor(
    asker: UpstreamAsker,
    target: Pick<UpstreamTarget, 'group'>,
    pools: Lenders,
    timeouts: Timeouts,
  ) {
    this.#asker = asker;
    this.#target = target;
    this.#pools = pools;
    this.#timeouts = timeouts;
  }

  start(): void {
    this.#seek();
  }

  /** A part of the request's body, framed; false when `upstreamDrain` should be waited for. */
  write(chunk: string | Buffer): boolean {
    const link = this.#link;
    if (link === undefined && !this.#seeking) return true;
    if (link?.connected !== true) {
      (this.#unsent ??= []).push(chunk);
      return false;
    }
    this.#bodySent = true;
    return link.write(chunk);
  }

  pause(): void {
    this.#link?.pause();
  }

  resume(): void {
    this.#link?.resume();
  }

  /** The answer is whole. `clean`: nothing came after it, and all of the request was sent. */
  whole(clean: boolean): void {
    const link = this.#leave();
    const response = this.#response;
    if (clean && response?.keepAlive === true) link?.release(response.keepAliveMs);
    else link?.destroy();
    // After that: whoever waits for the place can have the socket too.
    this.#leaveMember();
  }

  /** Nobody wants the answer any more. */
  abandon(): void {
    this.#leave()?.destroy();
    this.#leaveMember();
  }

  /** No answer in time. */
  late(): void {
    const { upstreamHeaderMs } = this.#timeouts;
    this.#blame(new UpstreamFailure('upstream-header-timeout', `no answer in ${upstreamHeaderMs} ms`));
  }

  /** What the upstream sent cannot be trusted. */
  faulty(fault: string): void {
    this.#blame(new UpstreamFailure('upstream-malformed', fault));
  }

  #leave(): UpstreamLink | undefined {
    const link = this.#link;
    this.#link = undefined;
    if (link !== undefined) this.elapsedMs = performance.now() - this.#askedAt;
    return link;
  }

  #leaveMember(): void {
    const member = this.#member;
    this.#member = undefined;
    if (member !== undefined) this.#target.group.leave(member);
    else if (this.#seeking) this.#giveUp();
  }

  #giveUp(): void {
    this.#seeking = false;
    this.#target.group.giveUp(this);
  }

  #seek(): void {
    this.#seeking = true;
    this.#target.group.seek(this);
  }

  hashKey(by: HashBy): string {
    return this.#asker.hashKey(by);
  }

  refused(failure: UpstreamFailure): void {
    this.#seeking = false;
    this.#asker.answerFails(failure);
  }

  granted(member: UpstreamMember): void {
    this.#seeking = false;
    this.#member = member;
    this.#askMember(member, false);
  }

  #askMember(member: UpstreamMember, fresh: boolean): void {
    const { config } = this.#target.group;
    const pool = this.#pools.of(member, config, this.#timeouts);
    const preface = member.endpoint.preface?.(this.#asker.ends);
    const link = fresh || preface !== undefined ? pool.borrowNew(this, preface) : pool.borrow(this);
    if (link === undefined) {
      this.#leaveMember();
      this.#asker.answerFails(new UpstreamFailure('overloaded', 'every socket to the server is busy'));
      return;
    }
    this.#link = link;
    this.#askedAt = performance.now();
    this.#asker.asked(member);
    link.write(this.#asker.requestHead(config.host === 'client' ? this.#asker.authority : hostOf(member)));
    if (link.connected && this.#unsent !== undefined) this.#sendHeld();
  }

  upstreamConnected(): void {
    if (this.#unsent !== undefined) this.#sendHeld();
  }

  /** Little: the asker was told to wait with the first piece. */
  #sendHeld(): void {
    const held = this.#unsent ?? [];
    this.#unsent = undefined;
    let more = true;
    for (const chunk of held) more = this.write(chunk);
    if (more) this.#asker.upstreamDrain();
  }

  upstreamDrain(): void {
    this.#asker.upstreamDrain();
  }

  upstreamData(bytes: Buffer, length: number): void {
    if (this.#response !== undefined) this.#asker.answerBytes(bytes, 0, length);
    else if (this.#partial === undefined) this.#head(bytes, length);
    else {
      const joined = Buffer.concat([this.#partial, bytes.subarray(0, length)]);
      this.#partial = undefined;
      this.#head(joined, joined.length);
    }
  }

  /** Informational answers, if any, then the head that counts and what came with it. */
  #head(bytes: Buffer, length: number): void {
    const toHead = this.#asker.method === 'HEAD';
    let position = 0;
    while (this.#response === undefined && this.#link !== undefined) {
      const head = readResponseHead(bytes, position, length, toHead, ANSWER_LIMITS);
      if (head === 'incomplete') {
        if (length > position) this.#partial = Buffer.from(bytes.subarray(position, length));
        return;
      }
      if ('fault' in head) {
        this.faulty(head.fault);
        return;
      }
      position += head.byteLength;
      this.#headCame(head);
    }
    if (this.#link !== undefined) this.#asker.answerBytes(bytes, position, length);
  }

  /** 100 is the front's own matter; to 101 nobody has asked here (such requests are the full lane's). */
  #headCame(head: ResponseHead): void {
    if (head.status >= 200) {
      this.#response = head;
      if (this.#member !== undefined) this.#target.group.answered(this.#member, head.status);
      this.#asker.answerHead(head);
    } else if (head.status === 101) this.faulty('101 without being asked');
    else if (++this.#interim > INTERIM_LIMIT) this.faulty('too many informational answers');
    else if (head.status > 101) this.#asker.answerInterim(head);
  }

  upstreamEnd(): void {
    if (this.#response === undefined || !this.#asker.answerEnds())
      this.#lost(new UpstreamFailure('upstream-reset', 'ended before the end of the answer'));
  }

  upstreamFailed(error: Error): void {
    this.#lost(error);
  }

  /** The connection is gone and the answer is not whole. */
  #lost(error: Error): void {
    const link = this.#leave();
    const member = this.#member;
    if (link === undefined || member === undefined) return;
    link.destroy();
    const failure = failureOf(error, link.connected);
    // A socket whose rest was over says nothing of the server's health.
    const stale = link.rested && !link.answered;
    if (!stale) this.#target.group.failed(member, failure);
    if (!this.#mayRetry(link, stale)) {
      this.#leaveMember();
      this.#asker.answerFails(failure);
      return;
    }
    this.tried = [...this.tried, member];
    if (stale) this.#askMember(member, true);
    else {
      this.#leaveMember();
      this.#seek();
    }
  }

  /** Only what cannot have been done, or may be done twice. */
  #mayRetry(link: UpstreamLink, stale: boolean): boolean {
    if (this.#bodySent || link.answered) return false;
    const safe = !link.connected || IDEMPOTENT.has(this.#asker.method);
    return safe && this.#target.group.mayRetry(this.tried.length, stale);
  }

  #blame(failure: UpstreamFailure): void {
    this.#leave()?.destroy();
    if (this.#member !== undefined) this.#target.group.failed(this.#member, failure);
    this.#leaveMember();
    this.#asker.answerFails(failure);
  }
}
