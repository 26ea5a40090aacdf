// An exchange of the full lane as the guest of a connection of this one: its policy has steps, edits or filters, and the
// request has no body. Node's request and response are made of the head that the recogniser has read, so that neither the
// connection nor this exchange needs Node's server.
import type { Socket } from 'node:net';
import type { ErrorCode } from '@tollgate/core';
import type { Exchange } from '../full/exchange.ts';
import type { FullLane } from '../full/full.ts';
import type { Admitted } from './admitted.ts';
import type { UnderWay } from './client.ts';
import type { WireConnection } from './connection.ts';
import { NodeRequest } from './node/request.ts';
import { NodeResponse } from './node/response.ts';
import { fieldsOf } from './requestHead.ts';

export class GuestExchange implements UnderWay {
  readonly admitted: Admitted;
  readonly #connection: WireConnection;
  readonly #full: FullLane;
  readonly #request: NodeRequest;
  readonly #response: NodeResponse;
  readonly #exchange: Exchange;
  /** Answered, but for bytes that the client has not taken. */
  #finishing = false;
  #over = false;

  /** `lines`: all fields as they came, each with its CRLF. */
  constructor(connection: WireConnection, socket: Socket, admitted: Admitted, lines: string, full: FullLane) {
    this.admitted = admitted;
    this.#connection = connection;
    this.#full = full;
    const { keepAliveMs } = connection.timeouts;
    this.#request = new NodeRequest(socket, admitted.head, fieldsOf(lines));
    this.#response = new NodeResponse(this.#request, socket, keepAliveMs, () => this.#answered());
    this.#exchange = full.exchange(connection.facts, admitted.generation, this.#request, this.#response);
    this.#response.once('close', () => this.#exchange.closed(this.#response.writableFinished));
  }

  start(): void {
    const { timeouts, closing } = this.#connection;
    this.#connection.within(timeouts.responseIdleMs);
    this.#exchange.closing = closing;
    this.#full.serve(this.#exchange, this.admitted.generation);
    this.#request.ends();
  }

  #answered(): void {
    if (this.#over) return;
    this.#request.dropUnread();
    this.#response.leave();
    // Before the next request of the connection begins: their records are in order.
    this.#exchange.closed(true);
    if (this.#response.last) this.#connection.closeAfterAnswer();
    this.#finish();
  }

  #finish(): void {
    this.#finishing = this.#connection.blocked;
    if (this.#finishing) {
      this.#connection.awaitReader();
      return;
    }
    this.#over = true;
    this.#connection.exchangeOver();
  }

  /** There is none. */
  bodyBytes(): void {
    return undefined;
  }

  bodyText(): void {
    return undefined;
  }

  bodyEnd(): void {
    return undefined;
  }

  drained(): void {
    if (this.#finishing) this.#finish();
    else this.#response.drained();
  }

  /** Steps and targets have time-outs of their own; a client that does not read has not. */
  due(): void {
    if (this.#finishing || this.#response.waits) this.#connection.judgeReader();
    else this.#connection.within(this.#connection.timeouts.responseIdleMs);
  }

  drain(): void {
    this.#exchange.drain();
  }

  fail(code: ErrorCode): void {
    this.#exchange.fail(code);
  }

  closed(): void {
    if (this.#over) return;
    this.#over = true;
    if (!this.#response.writableFinished) this.#request.abort();
  }
}
