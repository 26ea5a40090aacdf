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
    this.fail(this.#code);
  }
}
