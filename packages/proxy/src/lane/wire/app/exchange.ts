// An exchange answered by an app in this process, without Node's HTTP server: the head that the recogniser has read
// becomes Node's request, and Node's response writes to the client's socket.
import type { Socket } from 'node:net';
import { bodyPassed } from '../../../bodyGarbage.ts';
import { sizedFields, type PreparedAnswer } from '../../../target/prepared.ts';
import type { AppTarget } from '../../../target/target.ts';
import type { AnswerObserver } from '../../full/response.ts';
import type { WireConnection } from '../connection.ts';
import type { Admitted } from '../admitted.ts';
import { WireExchange } from '../exchange.ts';
import { NodeRequest } from '../node/request.ts';
import { NodeResponse } from '../node/response.ts';
import { appFields } from './fields.ts';

export class AppExchange extends WireExchange implements AnswerObserver {
  /** The request is a head without a body. */
  readonly bodyPending = false;
  readonly worthDraining = true;
  readonly #connection: WireConnection;
  readonly #target: AppTarget;
  readonly #request: NodeRequest;
  readonly #response: NodeResponse;

  constructor(connection: WireConnection, socket: Socket, admitted: Admitted, target: AppTarget) {
    super(connection, admitted);
    this.#connection = connection;
    this.#target = target;
    const fields = appFields(admitted, connection.facts.scheme, this.startMicros);
    this.#request = new NodeRequest(socket, admitted.head, fields);
    const { keepAliveMs } = connection.timeouts;
    this.#response = new NodeResponse(this.#request, socket, keepAliveMs, () => this.#answered());
    this.#response.observer = this;
    this.#response.byApp = true;
  }

  start(): void {
    this.connection.within(this.connection.timeouts.responseIdleMs);
    this.#target.answer(this.#request, this.#response);
    this.#request.ends();
  }

  get closing(): boolean {
    return this.#connection.closing;
  }

  bodySent(bytes: number): void {
    this.bytesOut += bytes;
    bodyPassed(bytes);
  }

  brokenOff(): boolean {
    if (this.failure !== undefined || this.over) return false;
    if (this.#response.headersSent) this.status = this.#response.statusCode;
    this.fail('upstream-reset');
    return this.status === 0;
  }

  changeFailed(): void {
    this.fail('internal');
  }

  /** The front answers in the app's place, by way of the response: it knows what it has written. */
  protected override answer(answer: PreparedAnswer): void {
    this.#response.take(answer.status, sizedFields(answer), answer.body);
  }

  #answered(): void {
    if (this.over) return;
    const { statusCode, last } = this.#response;
    this.status = statusCode;
    if (!hasBody(this.admitted.head.method, statusCode)) this.bytesOut = 0;
    this.#request.dropUnread();
    this.#response.leave();
    if (last) this.connection.closeAfterAnswer();
    this.finish();
  }

  protected override clientDrain(): void {
    this.#response.drained();
  }

  /** A slow app has its own time-outs; a client that does not read has not. */
  override due(): void {
    if (this.#response.waits) this.connection.judgeReader();
    else this.connection.within(this.connection.timeouts.responseIdleMs);
  }

  override closed(): void {
    const whole = this.#response.writableFinished;
    super.closed();
    if (!whole) this.#request.abort();
  }
}

/** What an app writes to such an answer is dropped by Node. */
const hasBody = (method: string, status: number): boolean =>
  method !== 'HEAD' && status !== 204 && status !== 304;
