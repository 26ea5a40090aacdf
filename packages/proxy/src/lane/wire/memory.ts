// Exchanges answered from memory: what the configuration says to everybody, and errors known from the head alone.
import type { ErrorCode } from '@tollgate/core';
import type { PreparedAnswer } from '../../target/prepared.ts';
import type { WireClient } from './client.ts';
import { WireExchange, type Admitted } from './exchange.ts';

export class PreparedExchange extends WireExchange {
  readonly #answer: PreparedAnswer;

  constructor(connection: WireClient, admitted: Admitted, answer: PreparedAnswer) {
    super(connection, admitted);
    this.#answer = answer;
  }

  start(): void {
    declineBody(this);
    this.answer(this.#answer);
  }
}

export class RefusedExchange extends WireExchange {
  readonly #code: ErrorCode;

  constructor(connection: WireClient, admitted: Admitted, code: ErrorCode) {
    super(connection, admitted);
    this.#code = code;
  }

  start(): void {
    declineBody(this);
    this.fail(this.#code);
  }
}

/** A client that waits for 100 and gets its answer instead may or may not send the body: nobody knows (RFC 9110 10.1.1). */
function declineBody({ admitted, connection }: WireExchange): void {
  if (admitted.head.expectsContinue) connection.closeAfterAnswer();
}
