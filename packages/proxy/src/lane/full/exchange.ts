// One request and its answer in the full lane: who asked, what the gate and the router said, what was counted. Its
// record is written once, when the response has closed.
import {
  epochMicros,
  errorEntry,
  identifyClient,
  traceIdOf,
  type Accepted,
  type Client,
  type ErrorCode,
  type Trust,
} from '@tollgate/core';
import { bodyPassed } from '../../bodyGarbage.ts';
import type { ClientConnection } from '../../connection.ts';
import type { Counters } from '../../counters.ts';
import type { RouteTally } from '../../figures/route.ts';
import type { EventLog, RequestLog } from '../../logs.ts';
import { filterAnswer } from '../../policy/filterAnswer.ts';
import type { RoutePolicy } from '../../policy/policy.ts';
import type { AnswerFilter, PolicyExchange, RequestEdit } from '../../policy/seam.ts';
import { H2Request, type BodyObserver, type FrontRequest } from './request.ts';
import type { AnswerObserver, FrontResponse } from './response.ts';
import { errorAnswer } from '../../policy/errorAnswer.ts';
import { sizedFields, type PreparedAnswer } from '../../target/prepared.ts';

/** Up to here it is cheaper to read an unwanted body than to lose the connection. */
const WORTH_DRAINING_BYTES = 64 * 1024;

/** What an exchange needs of the front. */
export interface ExchangeContext {
  readonly nextId: () => string;
  readonly counters: Counters;
  readonly requestLog: RequestLog;
  readonly eventLog: EventLog;
}

/** What was compiled from the configuration in force when the request came; held until its record is written. */
export interface Held {
  readonly trust: Trust;
  retain(): void;
  release(): void;
}

export class Exchange implements BodyObserver, AnswerObserver, PolicyExchange {
  readonly context: ExchangeContext;
  readonly connection: ClientConnection;
  readonly request: FrontRequest;
  readonly response: FrontResponse;
  readonly #generation: Held;
  readonly startMicros = epochMicros();
  readonly startedAt = performance.now();
  /** Set once the gate has let the request pass: as it was asked, and as the target gets it. */
  asked: Accepted | undefined = undefined;
  head: Accepted | undefined = undefined;
  client: Client | undefined = undefined;
  /** Of the route that was matched. */
  routePath = '/';
  tally: RouteTally;
  /** The server asked, as configured. */
  upstream: string | undefined = undefined;
  /** Informational answers passed on or dropped. */
  informational = 0;
  /** Applied in their order to the fields that the target gets. */
  requestEdits: readonly RequestEdit[] = [];
  /** Names that trailers may not bring to the target. */
  withheldTrailers: ReadonlySet<string> | undefined = undefined;
  upstreamStartedAt: number | undefined = undefined;
  traceparent: string | undefined = undefined;
  bytesIn = 0;
  bytesOut = 0;
  /** The connection ends after this answer. */
  closing = false;
  /** Why the front ended the exchange in the target's place. */
  failure: ErrorCode | undefined = undefined;
  /** The protocol was changed; the status that said so. */
  #switched: number | undefined = undefined;
  #bodyLimit = Number.POSITIVE_INFINITY;
  #upstreamMs: number | undefined = undefined;
  #leave: (() => void) | undefined = undefined;
  #onOver: (() => void) | undefined = undefined;
  #onClosed: (() => void)[] | undefined = undefined;
  /** Of a route with steps. */
  #askAgain: ((prepare: (again: PolicyExchange) => void) => void) | undefined = undefined;
  #filters: readonly AnswerFilter[] = [];
  #over = false;

  constructor(
    context: ExchangeContext,
    generation: Held,
    connection: ClientConnection,
    request: FrontRequest,
    response: FrontResponse,
  ) {
    this.context = context;
    this.connection = connection;
    this.request = request;
    this.response = response;
    this.#generation = generation;
    this.tally = context.counters.unrouted;
    generation.retain();
    request.observer = this;
    response.observer = this;
    context.counters.requests += 1;
    context.counters.activeRequests += 1;
  }

  /** The gate has let the request pass: who asks is decided before anything is routed. */
  passed(head: Accepted): Client {
    this.asked = head;
    this.head = head;
    const { connection, request, context } = this;
    const client = identifyClient(
      {
        peer: connection.peer.address === '' ? undefined : connection.peer.address,
        scheme: connection.scheme,
        authority: head.authority,
        rawHeaders: request.rawHeaders,
      },
      this.#generation.trust,
      context.nextId,
    );
    this.client = client;
    return client;
  }

  /** The route is known: its limits hold from here on. */
  routed(policy: RoutePolicy): void {
    this.routePath = policy.path;
    this.#bodyLimit = policy.bodyBytes;
    if (policy.full === undefined) return;
    this.requestEdits = policy.full.edits;
    if (policy.full.filters.length > 0) this.#filterBy(policy.full.filters);
  }

  forwardTo(path: string, query: string | undefined, stripped: string): void {
    if (this.head === undefined) return;
    const target = query === undefined ? path : `${path}?${query}`;
    this.head = { ...this.head, path, query, target };
    if (stripped !== '') this.routePath = this.routePath.slice(stripped.length) || '/';
  }

  editRequest(edit: RequestEdit): void {
    this.requestEdits = [...this.requestEdits, edit];
  }

  withholdTrailers(names: ReadonlySet<string>): void {
    this.withheldTrailers = this.withheldTrailers?.union(names) ?? names;
  }

  filterAnswer(filter: AnswerFilter): void {
    this.#filterBy([filter, ...this.#filters]);
  }

  #filterBy(filters: readonly AnswerFilter[]): void {
    this.#filters = filters;
    this.response.filterBy((head) => filterAnswer(filters, this, head));
  }

  /** A connection to the upstream is there, and the request goes out. */
  upstreamStarted(): void {
    this.upstreamStartedAt ??= performance.now();
  }

  /** The upstream's last byte has come. */
  upstreamEnded(): void {
    if (this.upstreamStartedAt !== undefined) this.#upstreamMs = performance.now() - this.upstreamStartedAt;
  }

  /** The target has taken the socket for another protocol; `leave` ends that in the protocol's own way at a drain. */
  switched(status: number, leave: () => void): void {
    if (this.#switched === undefined) this.context.counters.tunnels += 1;
    this.#switched = status;
    this.#leave = leave;
  }

  /** The front is draining: nothing is accepted after this answer. */
  drain(): void {
    this.closing = true;
    this.#leave?.();
  }

  /** Called for every piece of the body before the target sees it; false: drop the piece. */
  bodyArrived(bytes: number): boolean {
    if (this.failure === 'body-too-large') return false;
    this.bytesIn += bytes;
    bodyPassed(bytes);
    if (this.bytesIn <= this.#bodyLimit) return true;
    this.fail('body-too-large');
    return false;
  }

  /** Its response has closed; nothing about it changes any more. */
  get over(): boolean {
    return this.#over;
  }

  bodySent(bytes: number): void {
    this.bytesOut += bytes;
    bodyPassed(bytes);
  }

  /** The request has a body, or may have one. */
  get hasBody(): boolean {
    const { head, request } = this;
    if (head?.body !== 'frames') return head !== undefined && head.body !== 'none';
    return request instanceof H2Request && !request.stream.endAfterHeaders;
  }

  get bodyPending(): boolean {
    // Of a refused head nothing is known; something may follow it.
    return !this.request.complete && (this.head === undefined || this.hasBody);
  }

  /** What is left of the request's body is small enough to be read and dropped. */
  get worthDraining(): boolean {
    const announced = this.head?.contentLength;
    return announced !== undefined && announced - this.bytesIn <= WORTH_DRAINING_BYTES;
  }

  /** `over` is called once, when the exchange has ended, by the target or not; it replaces a former one. */
  onOver(over: () => void): void {
    this.#onOver = over;
  }

  onClosed(closed: () => void): void {
    this.#onClosed = [...(this.#onClosed ?? []), closed];
  }

  askAgain(prepare: (again: PolicyExchange) => void): void {
    this.#askAgain?.(prepare);
  }

  /** `ask` is how the target of this exchange is asked again. */
  askedAgainBy(ask: (prepare: (again: PolicyExchange) => void) => void): void {
    this.#askAgain = ask;
  }

  /** Another exchange of the same connection and generation that leaves no record. */
  again(request: FrontRequest, response: FrontResponse): Exchange {
    const { counters, eventLog, nextId, requestLog } = this.context;
    const context = { counters, eventLog, nextId, requestLog: { ...SILENT, counters: requestLog.counters } };
    return new Exchange(context, this.#generation, this.connection, request, response);
  }

  /** Ends the exchange in the target's place: an error answer, or a cut connection when an answer has begun. */
  fail(code: ErrorCode): undefined {
    if (this.failure !== undefined || this.#over) return;
    this.failure = code;
    this.context.counters.refused(code);
    // The rest of the body may never come, or come as what looks like the next request.
    if (code === 'request-timeout' || code === 'request-malformed') this.closing = true;
    if (this.response.headersSent) this.cut();
    else this.answer(errorAnswer(code, this.request.headers.accept));
    this.#release();
  }

  /** The same with `fields` of its own, in turn, in the error answer; nothing has been sent. */
  refuse(code: ErrorCode, fields: readonly string[] = []): undefined {
    if (this.failure !== undefined || this.#over) return;
    this.failure = code;
    this.context.counters.refused(code);
    this.answer(errorAnswer(code, this.request.headers.accept, fields));
  }

  changeFailed(error: Error): void {
    if (this.failure !== undefined || this.#over) return;
    this.context.eventLog.error({ err: error }, 'the body of an answer could not be changed');
    this.fail('internal');
  }

  brokenOff(): boolean {
    if (this.failure !== undefined || this.#over) return false;
    const begun = this.response.headersSent;
    this.fail('upstream-reset');
    return !begun;
  }

  /** A whole answer by the front itself. */
  answer(answer: PreparedAnswer): void {
    this.response.take(answer.status, sizedFields(answer), answer.body);
  }

  /** HTTP has no other way to say that an answer is not whole: the connection (h2: the stream) is cut. */
  cut(): void {
    this.response.cut();
  }

  /** The response has closed. `finished`: its last byte was handed to the kernel. */
  closed(finished: boolean): void {
    if (this.#over) return;
    this.#over = true;
    this.context.counters.activeRequests -= 1;
    if (this.#switched !== undefined) this.context.counters.tunnels -= 1;
    this.#release();
    if (this.#onClosed !== undefined) for (const closed of this.#onClosed) closed();
    this.#count(finished);
    this.#generation.release();
  }

  #release(): void {
    const over = this.#onOver;
    this.#onOver = undefined;
    over?.();
  }

  #status(finished: boolean): number {
    if (this.#switched !== undefined) return this.#switched;
    if (finished) return this.response.statusCode;
    return this.failure === undefined ? 499 : errorEntry(this.failure).status;
  }

  #count(finished: boolean): void {
    const status = this.#status(finished);
    const bytesOut = hasBody(this.head?.method, status) ? this.bytesOut : 0;
    const durationMs = performance.now() - this.startedAt;
    this.tally.count(status, durationMs, this.#upstreamMs, this.bytesIn, bytesOut);
    if (this.context.requestLog.enabled) this.#record(status, durationMs, bytesOut);
  }

  #record(status: number, durationMs: number, bytesOut: number): void {
    const { connection, request, asked, client, context } = this;
    context.requestLog.write({
      timeMs: Math.trunc(this.startMicros / 1000),
      client: client?.address ?? peerName(connection),
      method: asked?.method ?? request.method ?? '',
      scheme: connection.scheme,
      host: asked?.host ?? '',
      path: asked?.target ?? request.url ?? '',
      protocol:
        connection.protocol === 'h2' ? 'HTTP/2.0' : `HTTP/${request.httpVersionMinor === 0 ? '1.0' : '1.1'}`,
      status,
      bytesIn: this.bytesIn,
      bytesOut,
      durationMs,
      upstreamMs: this.#upstreamMs,
      upstream: this.upstream,
      tlsVersion: connection.tls?.version,
      tlsCipher: connection.tls?.cipher,
      requestId: client?.requestId ?? context.nextId(),
      traceId: this.traceparent && traceIdOf(this.traceparent),
      userAgent: request.headers['user-agent'],
      referer: text(request.headers.referer),
    });
  }
}

/** For what no client has asked for. */
const SILENT = { enabled: false, write: (): void => undefined, configure: (): void => undefined };

/** As `core` names the peer of a unix socket. */
function peerName({ peer }: ClientConnection): string {
  return peer.address === '' ? 'unix' : peer.address;
}

/** Writes to such an answer are dropped by Node. */
function hasBody(method: string | undefined, status: number): boolean {
  return method !== 'HEAD' && status !== 204 && status !== 304;
}

/** Node types a field of HTTP/2 as possibly repeated. */
function text(value: string | string[] | undefined): string | undefined {
  return typeof value === 'object' ? value[0] : value;
}
