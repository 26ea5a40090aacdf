// One exchange with an upstream: seeks a server, sends the request as it came, asks again where that is safe.
import type { HashBy } from '@tollgate/core';
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import type { Socket } from 'node:net';
import type { Exchange } from '../../lane/full/exchange.ts';
import { UpstreamFailure, failureOf } from '../../upstream/failure.ts';
import type { UpstreamGroup } from '../../upstream/group.ts';
import type { UpstreamMember } from '../../upstream/member.ts';
import type { Seeker } from '../../upstream/seeker.ts';
import { exchangeEnds, exchangeKey, fieldsFor } from '../exchangeFacts.ts';
import { dialling } from './agent.ts';
import type { HopAgents } from './agents.ts';
import { relayInformation } from './information.ts';
import { isSound } from './relay.ts';
import { sendBody } from './sendBody.ts';
import { startRequest } from './startRequest.ts';

export interface HopOptions {
  readonly group: UpstreamGroup;
  readonly agents: HopAgents;
  readonly headerMs: number;
  readonly maxHeaderBytes: number;
}

/** Called once: with an answer whose head has arrived, or with why there is none. */
export type Answered = (failure: UpstreamFailure | undefined, answer?: IncomingMessage) => void;

/** RFC 9110 9.2.2. Of these only, a request that may have been acted on is sent again. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

export class Hop implements Seeker {
  tried: readonly UpstreamMember[] = [];
  readonly #exchange: Exchange;
  readonly #options: HopOptions;
  #answered: Answered | undefined;
  #request: ClientRequest | undefined;
  /** Its place there is ours. */
  #member: UpstreamMember | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Of the socket, when it was given to this attempt. */
  #bytesBefore = 0;
  #socket: Socket | undefined;
  #bodyStarted = false;

  constructor(exchange: Exchange, options: HopOptions, answered: Answered) {
    this.#exchange = exchange;
    this.#options = options;
    this.#answered = answered;
    exchange.onOver(() => this.#abandon());
  }

  start(): void {
    this.#options.group.seek(this);
  }

  hashKey(by: HashBy): string {
    return exchangeKey(this.#exchange, by);
  }

  refused(failure: UpstreamFailure): void {
    this.#finish(failure);
  }

  granted(member: UpstreamMember): void {
    this.#member = member;
    this.#socket = undefined;
    this.#exchange.upstream = member.server.text;
    this.#send(member);
  }

  #send(member: UpstreamMember): void {
    const { head, hasBody } = this.#exchange;
    if (head === undefined) return;
    const { method, target: path, contentLength } = head;
    const request = startRequest(
      { ...this.#connection(member), method, path, maxHeaderSize: this.#options.maxHeaderBytes },
      fieldsFor(this.#exchange, this.#options.group, member),
      hasBody || contentLength !== undefined,
    );
    this.#request = request;
    request.on('socket', (socket) => this.#connected(request, socket));
    request.on('information', (information) => {
      if (!relayInformation(this.#exchange, information)) request.destroy(storm());
    });
    request.on('response', (answer) => this.#respond(member, answer));
    // An upstream that changes the protocol unasked would make the front pass its bytes on unread.
    request.on('upgrade', (_answer, socket) => {
      socket.destroy();
      this.#fail(member, new UpstreamFailure('upstream-malformed', '101 without being asked'));
    });
    request.on('error', (error) => this.#fail(member, error));
  }

  /** A connection that says who its client is belongs to this exchange alone. */
  #connection(member: UpstreamMember): RequestOptions {
    const { agents } = this.#options;
    if (member.endpoint.preface === undefined) return { agent: agents.of(member) };
    return { createConnection: dialling(member.endpoint, exchangeEnds(this.#exchange)) };
  }

  #connected(request: ClientRequest, socket: Socket): void {
    this.#socket = socket;
    this.#bytesBefore = socket.bytesRead;
    this.#exchange.upstreamStarted();
    if (!this.#exchange.hasBody) {
      request.end();
      this.#awaitHead(request);
      return;
    }
    this.#bodyStarted = true;
    const { request: from, withheldTrailers } = this.#exchange;
    sendBody(from, request, withheldTrailers, (forUpstream) => {
      clearTimeout(this.#timer);
      if (forUpstream) this.#awaitHead(request);
    });
  }

  /** Within its body a client may be silent for a time of its own, which says nothing about the upstream. */
  #awaitHead(request: ClientRequest): void {
    if (this.#answered === undefined) return;
    const { headerMs } = this.#options;
    const failure = (): UpstreamFailure =>
      new UpstreamFailure('upstream-header-timeout', `no answer in ${headerMs} ms`);
    this.#timer = setTimeout(() => request.destroy(failure()), headerMs);
  }

  #respond(member: UpstreamMember, answer: IncomingMessage): void {
    clearTimeout(this.#timer);
    if (!isSound(answer)) {
      answer.destroy();
      this.#fail(member, new UpstreamFailure('upstream-malformed', 'a head that contradicts itself'));
      return;
    }
    const { group } = this.#options;
    group.answered(member, answer.statusCode ?? 0);
    answer.once('close', () => this.#leave());
    answer.once('error', (cause) => {
      // Unless it is the front that has ended it.
      const { over, failure } = this.#exchange;
      if (!over && failure === undefined) group.failed(member, failureOf(cause, true));
    });
    this.#finish(undefined, answer);
  }

  #fail(member: UpstreamMember, error: Error): void {
    clearTimeout(this.#timer);
    if (this.#answered === undefined) return;
    const failure = failureOf(error, this.#socket !== undefined);
    const rested =
      this.#request?.reusedSocket === true || this.#options.agents.of(member).wasWarmed(this.#socket);
    const stale = rested && failure.code === 'upstream-reset';
    // A kept connection that the server has closed meanwhile says nothing about the server.
    const { group } = this.#options;
    if (!stale || this.#hasAnswerBytes()) group.failed(member, failure);
    const again = this.#isSafe(failure) && group.mayRetry(this.tried.length, stale);
    this.#leave();
    if (again) {
      this.tried = [...this.tried, member];
      this.start();
    } else this.#finish(failure);
  }

  /** Only when the server cannot have acted, or acting twice is the same as once. */
  #isSafe(failure: UpstreamFailure): boolean {
    if (this.#socket === undefined) return true;
    if (this.#bodyStarted || this.#hasAnswerBytes() || failure.code === 'upstream-header-timeout')
      return false;
    return IDEMPOTENT.has(this.#exchange.head?.method ?? '');
  }

  #hasAnswerBytes(): boolean {
    return this.#socket !== undefined && this.#socket.bytesRead > this.#bytesBefore;
  }

  #finish(failure: UpstreamFailure | undefined, answer?: IncomingMessage): void {
    const answered = this.#answered;
    this.#answered = undefined;
    answered?.(failure, answer);
  }

  /** The client has left, or the front has ended the exchange: the upstream's work is for nobody. */
  #abandon(): void {
    clearTimeout(this.#timer);
    this.#answered = undefined;
    this.#request?.destroy();
    this.#options.group.giveUp(this);
    this.#leave();
  }

  #leave(): void {
    const member = this.#member;
    this.#member = undefined;
    if (member !== undefined) this.#options.group.leave(member);
  }
}

function storm(): UpstreamFailure {
  return new UpstreamFailure('upstream-malformed', 'too many informational answers');
}
