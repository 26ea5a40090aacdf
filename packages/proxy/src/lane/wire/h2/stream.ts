// One HTTP/2 stream answered by wire: from memory, or by an upstream over HTTP/1.1. What was asked, what was sent, and the
// record when it is over.
import { epochMicros, errorEntry, type Accepted, type ErrorCode } from '@tollgate/core';
import type { ClientConnection } from '../../../connection.ts';
import type { Generation } from '../../../generation.ts';
import { ERROR } from '../../../h2/frames.ts';
import type { H2Stream, StreamUser } from '../../../h2/stream.ts';
import { errorAnswer } from '../../../policy/errorAnswer.ts';
import type { GuardRefusal } from '../../../policy/seam.ts';
import { Deadline, type TimerWheel } from '../../../pool/wheel.ts';
import type { Route } from '../../../routing/table.ts';
import { isBodyless, type PreparedAnswer } from '../../../target/prepared.ts';
import type { LaneContext } from '../../lane.ts';
import { changedAnswer } from '../changed.ts';
import type { Asker } from '../outgoing.ts';
import { ReaderPace } from '../../readerPace.ts';
import { recordOf } from '../record.ts';
import { blockOf } from './preparedBlock.ts';

/** What the gate and the router said of the stream's request. */
export interface AdmittedStream {
  readonly accepted: Accepted;
  readonly rawHeaders: readonly string[];
  readonly asker: Asker;
  readonly requestId: string;
  readonly generation: Generation;
  readonly route: Route;
}

export abstract class StreamExchange implements StreamUser {
  readonly admitted: AdmittedStream;
  /** Why the front ended the exchange in the target's place. */
  failure: ErrorCode | undefined = undefined;
  protected readonly stream: H2Stream;
  protected readonly deadline: Deadline;
  protected readonly facts: ClientConnection;
  protected readonly startedAt = performance.now();
  protected readonly startMicros = epochMicros(this.startedAt);
  protected bytesIn = 0;
  protected bytesOut = 0;
  protected upstream: string | undefined = undefined;
  protected upstreamMs: number | undefined = undefined;
  readonly #context: LaneContext;
  readonly #pace: ReaderPace;
  #status = 0;
  #whole = false;
  #over = false;

  constructor(
    context: LaneContext,
    wheel: TimerWheel,
    stream: H2Stream,
    facts: ClientConnection,
    admitted: AdmittedStream,
  ) {
    this.#context = context;
    this.stream = stream;
    this.facts = facts;
    this.admitted = admitted;
    this.#pace = new ReaderPace(admitted.generation.config.limits.bodyBytesPerSecond);
    this.deadline = new Deadline(wheel, () => this.due());
    admitted.generation.retain();
    context.counters.requests += 1;
    context.counters.activeRequests += 1;
    stream.user = this;
  }

  abstract start(): void;

  /** A body that nobody asked for: its stream ends with the answer. */
  bodyBytes(_bytes: Buffer, _from: number, _to: number): void {
    return undefined;
  }

  bodyEnd(_trailers: readonly string[]): void {
    return undefined;
  }

  clientDrain(): void {
    return undefined;
  }

  get failed(): boolean {
    return this.failure !== undefined;
  }

  /** A client that does not read must not hold its stream; one that is slow may. */
  protected due(): void {
    if (this.stream.waitingBytes > 0) {
      const { responseIdleMs } = this.admitted.generation.config.timeouts;
      if (!this.#pace.isTooSlow(this.stream.sentBytes, responseIdleMs)) {
        this.awaitClient();
        return;
      }
      this.#context.counters.dropped('slow-reader');
    }
    this.cut();
  }

  protected awaitClient(atMostMs = Number.POSITIVE_INFINITY): void {
    this.#pace.begin(this.stream.sentBytes);
    this.deadline.set(Math.min(this.admitted.generation.config.timeouts.responseIdleMs, atMostMs));
  }

  /** Lets go of whatever is being waited for. */
  protected abandon(): void {
    return undefined;
  }

  protected get over(): boolean {
    return this.#over;
  }

  protected get status(): number {
    return this.#status;
  }

  /** The head of an answer; with `last` it is all of it. */
  protected respond(status: number, fields: readonly string[], last: boolean): void {
    this.#status = status;
    if (last) this.whole();
    this.stream.head(status, fields, last);
  }

  /** The last byte of the answer has been written. The client need not send the rest of its body (RFC 9113 8.1). */
  protected whole(): void {
    this.#whole = true;
    this.stream.stopRequest();
  }

  /** A whole answer. */
  protected answer(given: PreparedAnswer): void {
    const { route, asker } = this.admitted;
    const answer = changedAnswer(given, route.policy.change, asker.client.scheme);
    const { status, body } = answer;
    const bodyless = body.length === 0 || isBodyless(status) || this.admitted.accepted.method === 'HEAD';
    this.bytesOut = bodyless ? 0 : body.length;
    this.whole();
    this.#status = status;
    this.stream.headBlock(blockOf(answer, this.startMicros), bodyless);
    if (!bodyless) this.stream.writeLast(body, 0, body.length, true);
    if (!this.#over) this.awaitClient();
  }

  /** Ends the exchange in its target's place: an error answer, or a reset when an answer has begun. */
  fail(code: ErrorCode, fields?: readonly string[]): void {
    if (this.#over || this.failure !== undefined) return;
    this.failure = code;
    this.#context.counters.refused(code);
    this.abandon();
    if (this.#status === 0) this.answer(errorAnswer(code, this.#field('accept'), fields));
    else this.cut();
  }

  /** NO_ERROR could be taken for the end of a whole answer. */
  protected cut(): void {
    this.stream.reset(ERROR.internal);
  }

  streamClosed(code: number, byPeer: boolean): void {
    if (this.#over) return;
    this.#over = true;
    this.deadline.remove();
    this.abandon();
    this.#context.counters.activeRequests -= 1;
    this.#count(this.#finalStatus(this.#whole && !byPeer && code === ERROR.none));
    this.admitted.generation.release();
  }

  #finalStatus(finished: boolean): number {
    if (finished) return this.#status;
    return this.failure === undefined ? 499 : errorEntry(this.failure).status;
  }

  #count(status: number): void {
    const { requestLog } = this.#context;
    const durationMs = performance.now() - this.startedAt;
    const bytesOut = this.admitted.accepted.method === 'HEAD' || isBodyless(status) ? 0 : this.bytesOut;
    this.admitted.route.tally.count(status, durationMs, this.upstreamMs, this.bytesIn, bytesOut);
    if (requestLog.enabled) this.#record(status, durationMs, bytesOut);
  }

  #record(status: number, durationMs: number, bytesOut: number): void {
    const { accepted, asker, requestId } = this.admitted;
    this.#context.requestLog.write(
      recordOf(this.facts, this.startMicros, durationMs, {
        client: asker.client.address,
        method: accepted.method,
        host: accepted.host,
        path: accepted.target,
        status,
        bytesIn: this.bytesIn,
        bytesOut,
        upstreamMs: this.upstreamMs,
        upstream: this.upstream,
        requestId,
        userAgent: this.#field('user-agent'),
        referer: this.#field('referer'),
      }),
    );
  }

  /** The first of that name. */
  #field(name: string): string | undefined {
    const { rawHeaders } = this.admitted;
    for (let at = 0; at + 1 < rawHeaders.length; at += 2)
      if (rawHeaders[at] === name) return rawHeaders[at + 1];
    return undefined;
  }
}

export class PreparedStream extends StreamExchange {
  readonly #answer: PreparedAnswer;

  constructor(answer: PreparedAnswer, ...rest: ConstructorParameters<typeof StreamExchange>) {
    super(...rest);
    this.#answer = answer;
  }

  start(): void {
    this.answer(this.#answer);
  }
}

export class RefusedStream extends StreamExchange {
  readonly #refusal: GuardRefusal;

  constructor(refusal: GuardRefusal, ...rest: ConstructorParameters<typeof StreamExchange>) {
    super(...rest);
    this.#refusal = refusal;
  }

  start(): void {
    this.fail(this.#refusal.code, this.#refusal.fields);
  }
}
