// What the front has done since it started: plain numbers, incremented on the path and read by `status()`.
import type { ErrorCode } from '@tollgate/core';
import { startTallies } from './coding/tally.ts';
import { RouteTally } from './figures/route.ts';

/** What is dropped, cut or forgotten without an answer that would say so. */
export type Drop =
  /** HTTP/2 streams with more or larger fields than `limits` has, reset before anybody sees them. */
  | 'h2-headers-too-large'
  /** HTTP/2 connections closed for frames against the protocol, floods of frames that carry nothing among them. */
  | 'h2-protocol-error'
  /** Connections beyond `limits.connectionsPerAddress`, closed at once. */
  | 'over-address-limit'
  /** Connections that their client had reset before it was known who it was. */
  | 'peer-gone'
  /** Connections of trusted proxies that did not begin with a PROXY header. */
  | 'proxy-header-missing'
  /** Clients that a full table of a rate limit has forgotten before they were quiet for long enough. */
  | 'rate-limit-forgotten'
  /**
   * Answers whose client took nothing, or less than `limits.bodyBytesPerSecond`, for `timeouts.responseIdle`; connections whose
   * client took less than `limits.downloadRate`.
   */
  | 'slow-reader';

export class Counters {
  accepted = 0;
  /** Connections closed at once because `limits.connections` was reached. */
  overLimit = 0;
  /** Handshakes that succeeded, and those of them that resumed a session. */
  tlsHandshakes = 0;
  tlsResumed = 0;
  /** Handshakes that failed or timed out. */
  tlsFailures = 0;
  requests = 0;
  activeRequests = 0;
  /** HTTP/2 sessions closed for resetting too many streams. */
  h2ResetFloods = 0;
  /** Upgraded connections open now. */
  tunnels = 0;
  /** Refused, redirected to https, or for a host or path that nothing answers. */
  readonly unrouted = new RouteTally('-', '-');
  readonly coded = startTallies();
  readonly #drops = new Map<Drop, number>();
  readonly #refusals = new Map<ErrorCode, number>();

  refused(code: ErrorCode): void {
    this.#refusals.set(code, (this.#refusals.get(code) ?? 0) + 1);
  }

  /** Answers the front gave in place of a target, by error code. */
  refusals(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#refusals);
  }

  dropped(what: Drop): void {
    this.#drops.set(what, (this.#drops.get(what) ?? 0) + 1);
  }

  drops(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#drops);
  }
}
