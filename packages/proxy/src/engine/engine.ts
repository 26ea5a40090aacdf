// How an upstream is reached by the full lane: one request and its answer. Upgrades are not an engine's matter.
import type { Exchange } from '../lane/full/exchange.ts';

export interface Engine {
  /** Answers the exchange, by the error table if the upstream does not. Never throws. */
  serve(exchange: Exchange): void;
  /** Ends idle upstream connections. No exchange is under way any more. */
  close(): Promise<void>;
}
