// One HTTP/2 stream answered below Node's compatibility layer: from memory, or by an upstream over HTTP/1.1.
import { constants, type ServerHttp2Stream } from 'node:http2';
import { epochMicros, errorEntry, type Accepted, type Client, type ErrorCode } from '@tollgate/core';
import type { ClientConnection } from '../../../connection.ts';
import type { Generation } from '../../../generation.ts';
import { errorAnswer } from '../../../policy/errorAnswer.ts';
import type { GuardRefusal } from '../../../policy/seam.ts';
import { Deadline, type TimerWheel } from '../../../pool/wheel.ts';
import type { Route } from '../../../routing/table.ts';
import { isBodyless, sizedFields, type PreparedAnswer } from '../../../target/prepared.ts';
import type { LaneContext } from '../../lane.ts';
import { recordOf } from '../record.ts';
import { lowerFields } from './fields.ts';

/** What the gate and the router said of the stream's request. */
export interface AdmittedStream {
  readonly accepted: Accepted;
  readonly rawHeaders: readonly string[];
  readonly client: Client;
  readonly generation: Generation;
  readonly route: Route;
  readonly accept: string | undefined;
  readonly userAgent: string | undefined;
  readonly referer: string | undefined;
}

export abstract class StreamExchange {
  readonly admitted: AdmittedStream;
  /** Why the front ended the exchange in the target's place. */
  failure: ErrorCode | undefined = undefined;
  protected readonly stream: ServerHttp2Stream;
  protected readonly deadline: Deadline;
  protected readonly facts: ClientConnection;
  protected readonly startMicros = epochMicros();
  protected bytesIn = 0;
  protected bytesOut = 0;
  protected upstream: string | undefined = undefined;
  protected upstreamMs: number | undefined = undefined;
  readonly #context: LaneContext;
  readonly #startedAt = performance.now();
  #status = 0;
  #whole = false;
  #over = false;

  constructor(
    context: LaneContext,
    wheel: TimerWheel,
    stream: ServerHttp2Stream,
    facts: ClientConnection,
    admitted: AdmittedStream,
  ) {
    this.#context = context;
    this.stream = stream;
    this.facts = facts;
    this.admitted = admitted;
    this.deadline = new Deadline(wheel, () => this.due());
    admitted.generation.retain();
    context.counters.requests += 1;
    context.counters.activeRequests += 1;
    // What goes wrong on a stream closes it, and its record says so.
    stream.on('error', () => undefined);
    stream.once('close', () => this.#closed());
  }

  abstract start(): void;

  protected due(): void {
    if (this.stream.writableLength > 0) this.#context.counters.dropped('slow-reader');
    this.cut();
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

  /** False when Node will not write the fields; the exchange has failed then. */
  protected respond(
    status: number,
    fields: string[],
    how: { endStream?: boolean; waitForTrailers?: boolean },
  ): boolean {
    if (this.stream.destroyed || this.stream.headersSent) return false;
    this.#status = status;
    // A client that does not read must not hold its stream.
    this.deadline.set(this.admitted.generation.config.timeouts.responseIdleMs);
    // Node ends the stream of a status without a body by itself.
    if (how.endStream === true || isBodyless(status)) this.#whole = true;
    this.stream.respond(fields, how);
    return true;
  }

  /** The last bytes of the answer, if any are left. */
  protected end(bytes?: Buffer): void {
    this.#whole = true;
    if (bytes === undefined) this.stream.end();
    else this.stream.end(bytes);
    this.#stopBody();
  }

  /** RFC 9113 8.1: the client need not send the rest, and its answer is whole; without this it could send for ever. */
  #stopBody(): void {
    const { endAfterHeaders, readableEnded } = this.stream;
    if (!endAfterHeaders && !readableEnded) this.stream.close(constants.NGHTTP2_NO_ERROR);
  }

  protected answer(answer: PreparedAnswer): void {
    const { status, body } = answer;
    const bodyless = body.length === 0 || this.admitted.accepted.method === 'HEAD';
    if (!this.respond(status, lowerFields(status, sizedFields(answer)), { endStream: bodyless })) return;
    if (bodyless) {
      this.#stopBody();
      return;
    }
    this.bytesOut = body.length;
    this.end(body);
  }

  /** Ends the exchange in its target's place: an error answer, or a reset when an answer has begun. */
  fail(code: ErrorCode, fields?: readonly string[]): void {
    if (this.#over || this.failure !== undefined) return;
    this.failure = code;
    this.#context.counters.refused(code);
    this.abandon();
    if (this.#status === 0) this.answer(errorAnswer(code, this.admitted.accept, fields));
    else this.cut();
  }

  /**
   * NO_ERROR could be taken for the end of a whole answer. Node ends a stream before it resets it, and the end would go
   * out first: a broken answer would look whole until the reset, which no client then reads.
   */
  protected cut(): void {
    Object.assign(this.stream, { _final: (done: () => void) => done() });
    this.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }

  #closed(): void {
    if (this.#over) return;
    this.#over = true;
    this.deadline.remove();
    this.abandon();
    const finished = this.#whole && this.stream.rstCode === constants.NGHTTP2_NO_ERROR;
    this.#context.counters.activeRequests -= 1;
    this.#count(this.#recordedStatus(finished));
    this.admitted.generation.release();
  }

  #recordedStatus(finished: boolean): number {
    if (finished) return this.#status;
    return this.failure === undefined ? 499 : errorEntry(this.failure).status;
  }

  #count(status: number): void {
    const durationMs = performance.now() - this.#startedAt;
    const { tally } = this.admitted.route;
    tally.count(status, durationMs, this.upstreamMs, this.bytesIn, this.bytesOut);
    if (this.#context.requestLog.enabled) this.#record(status, durationMs);
  }

  #record(status: number, durationMs: number): void {
    const { accepted, client, userAgent, referer } = this.admitted;
    const { upstream, upstreamMs, bytesIn, bytesOut } = this;
    this.#context.requestLog.write(
      recordOf(this.facts, this.startMicros, durationMs, {
        client: client.address,
        method: accepted.method,
        host: accepted.host,
        path: accepted.target,
        status,
        bytesIn,
        bytesOut,
        upstream,
        upstreamMs,
        requestId: client.requestId,
        userAgent,
        referer,
      }),
    );
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
