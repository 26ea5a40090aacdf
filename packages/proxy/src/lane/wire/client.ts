// The client's side as an exchange sees it: where its answer goes, and what it may ask of the connection.
import type { ErrorCode, Timeouts } from '@tollgate/core';
import type { ClientConnection } from '../../connection.ts';
import type { Counters } from '../../counters.ts';
import type { RequestLog } from '../../logs.ts';
import type { Admitted } from './admitted.ts';

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
  /** For which the client may still be silent within its body; Infinity when it is not the one to be waited for. */
  readonly bodyLeftMs: number;
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
  /** Bytes wait for the client: it has the time that an answer may rest to take some. */
  awaitReader(): void;
  /** That time is over: drops a client that took nothing, or less than it has to, and waits on for any other. */
  judgeReader(): void;
  /** The client takes nothing of the answer: closes at once, and counts it. */
  dropSlowReader(): void;
}

/** An exchange as its connection sees it: one at a time, fed and steered from there. */
export interface UnderWay {
  readonly admitted: Admitted;
  /** Begins to answer; may be over when it returns. */
  start(): void;
  /** A piece of the request's body, framing included; the bytes are valid during the call only. */
  bodyBytes(bytes: Buffer, from: number, to: number): void;
  /** Text that belongs to the body: trailers that go on. */
  bodyText(text: string): void;
  bodyEnd(): void;
  /** The client takes bytes again. */
  drained(): void;
  /** Nothing has been set anew for as long as it may rest. */
  due(): void;
  /** The connection ends with this answer, if its head can still say so. */
  drain(): void;
  /** Ends the exchange in its target's place. */
  fail(code: ErrorCode): void;
  /** The connection is gone. */
  closed(): void;
}
