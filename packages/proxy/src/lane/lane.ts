// The seam between accepting a connection and serving it. A connection belongs to one lane until it closes.
import type { Socket } from 'node:net';
import type { ClientConnection } from '../connection.ts';
import type { Generation } from '../generation.ts';
import type { DownloadWatch } from '../listen/downloadWatch.ts';
import type { ChallengeBoard } from '../tls/challengeBoard.ts';
import type { ExchangeContext } from './full/exchange.ts';

/**
 * From `accept` on, the lane owns the socket: it reads, answers, times out and destroys it. It may pass the socket on
 * to another lane with the bytes it has read and not answered; then it must have removed its own listeners, have no
 * write pending, and never touch the socket again.
 */
export interface Lane {
  /** `firstBytes` were read from the socket already and come before everything still in it. */
  accept(socket: Socket, connection: ClientConnection, firstBytes?: Buffer): void;
  /** Finish what is under way and close; idle connections close now. Idempotent; `active` falls to 0. */
  drain(): void;
  /** Close everything now. */
  destroy(): void;
  /** Connections owned. */
  readonly active: number;
}

/** What a lane needs of the front. Ids, counters and logs are those of `ExchangeContext`. */
export interface LaneContext extends ExchangeContext {
  /** The generation in force: an exchange retains it when its head has arrived and releases it when it has closed. */
  current(): Generation;
  /** Where http requests are redirected to; `undefined`: there is no https listener, and http is served. */
  readonly httpsPort: number | undefined;
  /** What a certificate authority may ask on plain connections. */
  readonly challenges: ChallengeBoard;
  readonly downloads: DownloadWatch;
}
