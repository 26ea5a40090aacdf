// One request and its answer in the wire lane: what was asked, what was sent, and the record when it is over. How it is
// answered is a subclass's matter.
import { epochMicros, errorEntry, type ErrorCode } from '@tollgate/core';
import { errorAnswer } from '../../policy/errorAnswer.ts';
import type { FieldChange } from '../../policy/seam.ts';
import { sizedFields, type PreparedAnswer } from '../../target/prepared.ts';
import type { Admitted } from './admitted.ts';
import { changedAnswer, changedFields } from './changed.ts';
import { dateLine } from './clock.ts';
import type { UnderWay, WireClient } from './client.ts';
import { linesOf, statusLine, TEXT_BYTES } from './outgoing.ts';
import { recordOf } from './record.ts';
import { fieldsOf } from './requestHead.ts';

/** Up to here it is cheaper to read an unwanted body than to lose the connection; as in the full lane. */
const WORTH_DRAINING_BYTES = 64 * 1024;

export abstract class WireExchange implements UnderWay {
  readonly connection: WireClient;
  readonly admitted: Admitted;
  readonly startedAt = performance.now();
  readonly startMicros = epochMicros(this.startedAt);
  /** Of the answer; 0 until one has begun. */
  status = 0;
  bytesOut = 0;
  upstream: string | undefined = undefined;
  upstreamMs: number | undefined = undefined;
  #failure: ErrorCode | undefined = undefined;
  #finishing = false;
  #over = false;

  constructor(connection: WireClient, admitted: Admitted) {
    this.connection = connection;
    this.admitted = admitted;
    admitted.generation.retain();
    connection.counters.requests += 1;
    connection.counters.activeRequests += 1;
  }

  get over(): boolean {
    return this.#over;
  }

  get failure(): ErrorCode | undefined {
    return this.#failure;
  }

  /** Begins to answer; may be over when it returns. */
  abstract start(): void;

  /** A piece of the request's body, framing included; the bytes are valid during the call only. */
  bodyBytes(_bytes: Buffer, _from: number, _to: number): void {
    return undefined;
  }

  /** Text that belongs to the body: trailers that go on. */
  bodyText(_text: string): void {
    return undefined;
  }

  bodyEnd(): void {
    return undefined;
  }

  /** The client takes bytes again. */
  drained(): void {
    if (this.#finishing) this.finish();
    else this.clientDrain();
  }

  protected clientDrain(): void {
    return undefined;
  }

  /** Nothing has been set anew for as long as it may rest. */
  due(): void {
    if (this.connection.blocked) this.connection.judgeReader();
    else this.cut();
  }

  /** An answer that begins now says that the connection ends. */
  drain(): void {
    return undefined;
  }

  /** Lets go of whatever was being waited for. */
  protected abandon(): void {
    return undefined;
  }

  protected endOfHead(): string {
    const { connection } = this;
    const unread = connection.bodyLeft(this.admitted.head.contentLength);
    if (unread > WORTH_DRAINING_BYTES) connection.closeAfterAnswer();
    return connection.endOfHead();
  }

  /** Ends the exchange in its target's place: an error answer (`fields` beside its own), or a cut connection when an answer has begun. */
  fail(code: ErrorCode, fields?: readonly string[]): void {
    if (this.#over || this.#failure !== undefined) return;
    this.#failure = code;
    this.connection.counters.refused(code);
    this.abandon();
    if (this.status === 0) this.answer(errorAnswer(code, this.admitted.head.accept, fields));
    else this.cut();
  }

  protected get change(): FieldChange | undefined {
    return this.admitted.route?.policy.change;
  }

  /** Field lines of a target's answer as the route wants them. */
  protected changedLines(status: number, lines: string): string {
    const { change } = this;
    if (change === undefined) return lines;
    return linesOf(changedFields(status, fieldsOf(lines), change, this.admitted.asker.client.scheme));
  }

  /** A whole answer in one write. */
  protected answer(given: PreparedAnswer): void {
    const answer = changedAnswer(given, this.change, this.admitted.asker.client.scheme);
    const { status, body } = answer;
    this.status = status;
    this.bytesOut = this.admitted.head.method === 'HEAD' ? 0 : body.length;
    const { lines, isDated } = prepared(answer);
    const date = isDated ? '' : dateLine(this.startMicros);
    const head = `${statusLine(status)}${lines}${date}${this.endOfHead()}`;
    if (this.bytesOut === 0) this.connection.write(head);
    else if (body.length <= TEXT_BYTES) this.connection.write(head + body.latin1Slice(0, body.length));
    else this.connection.writeBoth(head, body);
    this.finish();
  }

  /** HTTP/1.1 has no other way to say that an answer is not whole. */
  cut(): void {
    this.connection.destroy();
  }

  /** The last byte of the answer was written. Over when the client has taken all but what its buffers hold. */
  protected finish(): void {
    if (this.#over) return;
    this.#finishing = this.connection.blocked;
    if (this.#finishing) {
      this.connection.awaitReader();
      return;
    }
    this.#end(this.status);
    this.connection.exchangeOver();
  }

  /** The connection is gone before the answer was whole. */
  closed(): void {
    if (this.#over) return;
    this.abandon();
    this.#end(this.#failure === undefined ? 499 : errorEntry(this.#failure).status);
  }

  #end(status: number): void {
    this.#over = true;
    this.connection.counters.activeRequests -= 1;
    this.#count(status);
    this.admitted.generation.release();
  }

  #count(status: number): void {
    const { requestLog, counters, bodyBytesIn } = this.connection;
    const durationMs = performance.now() - this.startedAt;
    const tally = this.admitted.route?.tally ?? counters.unrouted;
    tally.count(status, durationMs, this.upstreamMs, bodyBytesIn, this.bytesOut);
    if (requestLog.enabled) this.#record(status, durationMs);
  }

  #record(status: number, durationMs: number): void {
    const { head, asker, requestId } = this.admitted;
    const { facts, requestLog, bodyBytesIn } = this.connection;
    requestLog.write(
      recordOf(facts, this.startMicros, durationMs, {
        client: asker.client.address,
        method: head.method,
        host: head.authority.host,
        path: head.target,
        status,
        bytesIn: bodyBytesIn,
        bytesOut: this.bytesOut,
        upstreamMs: this.upstreamMs,
        upstream: this.upstream,
        requestId,
        userAgent: head.userAgent,
        referer: head.referer,
      }),
    );
  }
}

/** The fields of each answer as text, made when it is first given. */
interface PreparedText {
  readonly lines: string;
  /** What a cache has kept says when it was made. */
  readonly isDated: boolean;
}

const kept = new WeakMap<PreparedAnswer, PreparedText>();

function prepared(answer: PreparedAnswer): PreparedText {
  let text = kept.get(answer);
  if (text === undefined) {
    const lines = linesOf(sizedFields(answer));
    text = { lines, isDated: /^date:/im.test(lines) };
    kept.set(answer, text);
  }
  return text;
}
