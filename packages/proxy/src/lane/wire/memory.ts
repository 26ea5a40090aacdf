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
  readonly #fields: readonly string[];

  /** `fields`: of the answer beside its own, in turn. */
  constructor(
    connection: WireClient,
    admitted: Admitted,
    code: ErrorCode,
    fields: readonly string[] = NO_FIELDS,
  ) {
    super(connection, admitted);
    this.#code = code;
    this.#fields = fields;
  }

  start(): void {
    declineBody(this);
    this.fail(this.#code, this.#fields);
  }
}

const NO_FIELDS: readonly string[] = [];

/** A client that waits for 100 and gets its answer instead may or may not send the body: nobody knows (RFC 9110 10.1.1). */
function declineBody({ admitted, connection }: WireExchange): void {
  if (admitted.head.expectsContinue) connection.closeAfterAnswer();
}
