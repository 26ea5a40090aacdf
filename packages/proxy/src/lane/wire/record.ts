// The record of an exchange that never was Node's request and response: the facts of the connection beside its own.
import type { RequestRecord } from '@tollgate/log';
import type { ClientConnection } from '../../connection.ts';

type OfConnection = 'timeMs' | 'scheme' | 'protocol' | 'durationMs' | 'tlsVersion' | 'tlsCipher';

/** `startMicros` since the epoch. */
export function recordOf(
  facts: ClientConnection,
  startMicros: number,
  durationMs: number,
  own: Omit<RequestRecord, OfConnection>,
): RequestRecord {
  return {
    timeMs: Math.trunc(startMicros / 1000),
    client: own.client,
    method: own.method,
    scheme: facts.scheme,
    host: own.host,
    path: own.path,
    protocol: facts.protocol === 'h2' ? 'HTTP/2.0' : 'HTTP/1.1',
    status: own.status,
    bytesIn: own.bytesIn,
    bytesOut: own.bytesOut,
    durationMs,
    upstreamMs: own.upstreamMs,
    upstream: own.upstream,
    tlsVersion: facts.tls?.version,
    tlsCipher: facts.tls?.cipher,
    requestId: own.requestId,
    userAgent: own.userAgent,
    referer: own.referer,
  };
}
