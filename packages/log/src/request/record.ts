// One answered (or abandoned) request, as every lane reports it. Formats and sinks read this and nothing else.

/** Flat on purpose: filled once on the request's path, never nested, never mutated after `write`. */
export interface RequestRecord {
  /** When the head arrived; milliseconds since the epoch. */
  readonly timeMs: number;
  /** The client's address after the trust decision. */
  readonly client: string;
  readonly method: string;
  readonly scheme: 'http' | 'https';
  /** Canonical host, without port; empty when the gate refused the request before it had one. */
  readonly host: string;
  /** Canonical path with its query. */
  readonly path: string;
  readonly protocol: 'HTTP/1.0' | 'HTTP/1.1' | 'HTTP/2.0';
  /** The status sent; 499 for a client that left before it was answered in full. */
  readonly status: number;
  /** Body bytes received and sent. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** From head received to last byte handed to the kernel. */
  readonly durationMs: number;
  /** From request written to the upstream's last byte; `undefined` when no upstream was asked. */
  readonly upstreamMs: number | undefined;
  /** The upstream server as configured. */
  readonly upstream: string | undefined;
  readonly tlsVersion: string | undefined;
  readonly tlsCipher: string | undefined;
  readonly requestId: string;
  /** Of the W3C trace that the target was told of; only where `tracing` is on. */
  readonly traceId?: string | undefined;
  readonly userAgent: string | undefined;
  readonly referer: string | undefined;
}
