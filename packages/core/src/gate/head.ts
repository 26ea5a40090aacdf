// What the gate is asked about and what it answers. Both lanes fill in the first and obey the second.
import type { Refusal } from './refusal.ts';
import type { TargetForm } from './target.ts';

/** One parsed request head, as it came: nothing decoded, trimmed or merged beyond what the wire format demands. */
export interface RequestHead {
  /** How it arrived. `HTTP/2.0` written on an HTTP/1 connection is `h1` with version `2.0`, and refused. */
  readonly protocol: 'h1' | 'h2';
  /** Major and minor with a point, as on the request line. Ignored for h2. */
  readonly httpVersion: string;
  readonly method: string;
  /** The request target; for h2 the `:path`. */
  readonly target: string;
  /** For h2 the `:authority`; `undefined` when there is none. Ignored for h1. */
  readonly authority: string | undefined;
  /** Of the connection, never what the client claims. */
  readonly scheme: 'http' | 'https';
  /** Names and values in turn. Pseudo-headers of h2 may be among them and are skipped. */
  readonly rawHeaders: readonly string[];
}

/** A request that may be routed. What is matched here is what is forwarded. */
export interface Accepted {
  readonly kind: 'accepted';
  readonly method: string;
  /** `asterisk` is for the front to answer itself: 204 without a body. */
  readonly form: TargetForm;
  /** Canonical host without port; empty only for HTTP/1.0 without Host. IPv6 is in brackets. */
  readonly host: string;
  /** As the client gave it; `undefined` when it gave none. */
  readonly port: number | undefined;
  /** Canonical `host[:port]`, the scheme's default port left out: the outgoing Host. */
  readonly authority: string;
  /** Canonical path; `*` for asterisk-form. */
  readonly path: string;
  /** Without its question mark; `undefined` when there is none. */
  readonly query: string | undefined;
  /** Path and query: the outgoing request target. */
  readonly target: string;
  /** How the body is delimited: not at all, by length, by chunks, by HTTP/2 frames. */
  readonly body: 'none' | 'length' | 'chunked' | 'frames';
  /** Bytes announced; `undefined` unless Content-Length was given. */
  readonly contentLength: number | undefined;
  /** The connection ends after this exchange (RFC 9112 9.3). Always false for h2. */
  readonly close: boolean;
  /** The client waits for 100 before it sends the body. */
  readonly expectContinue: boolean;
  /** The only upgrade there is; all others (h2c, TLS) are ignored and their fields dropped. */
  readonly upgrade: 'websocket' | undefined;
}

export type Verdict = Accepted | Refusal;
