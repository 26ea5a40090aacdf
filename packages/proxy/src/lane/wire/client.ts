// The client's side as an exchange sees it: where its answer goes, and what it may ask of the connection.
import type { Timeouts } from '@tollgate/core';
import type { ClientConnection } from '../../connection.ts';
import type { Counters } from '../../counters.ts';
import type { RequestLog } from '../../logs.ts';

export interface WireClient {
  readonly facts: ClientConnection;
  readonly counters: Counters;
  readonly requestLog: RequestLog;
  readonly timeouts: Timeouts;
  /** Body bytes of the request under way. */
  readonly bodyBytesIn: number;
  /** All of the request has come. */
  readonly bodyDone: boolean;
  /** Announced and not yet read; Infinity while a chunked body is under way. */
  bodyLeft(contentLength: number): number;
  /** Nothing should be written before `drained` is called. */
  readonly blocked: boolean;
  /** `text` is latin1. */
  write(chunk: string | Buffer): void;
  /** A head and the bytes that came with it, as one write. */
  writeBoth(head: string, body: Buffer): void;
  /** Stops reading the client while whoever takes its bytes is full. */
  pause(): void;
  resume(): void;
  /** Calls the exchange's `due` when nothing sets it again within so long. */
  within(ms: number): void;
  /** The connection ends with the answer under way. */
  closeAfterAnswer(): void;
  /** The lines that end every head: what becomes of the connection, and the blank line. */
  endOfHead(): string;
  /** The last byte of the answer has been written. */
  exchangeOver(): void;
  destroy(): void;
  /** The client takes nothing of the answer: closes at once, and counts it. */
  dropSlowReader(): void;
}
