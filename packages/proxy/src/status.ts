// What the front says of itself: for the admin listener, `tollgate status` and tests. Made on demand, plain data.
import type { RequestLogCounters } from '@tollgate/log';
import type { CacheStatus } from './cache/caches.ts';
import type { CodingTallies } from './coding/tally.ts';
import type { BoundAddress } from './listen/bind.ts';
import type { RedisStatus } from './redis/link.ts';
import type { CertificateEnd } from './tls/certificates.ts';
import type { UpstreamStatus, UpstreamTotals } from './upstream/status.ts';

export interface FrontStatus {
  readonly state: 'new' | 'serving' | 'draining' | 'closed';
  /** Configurations that have been in force, the present one included. */
  readonly generation: number;
  readonly listening: readonly BoundAddress[];
  readonly connections: number;
  readonly accepted: number;
  /** Connections closed at once for `limits.connections`. */
  readonly overLimit: number;
  /** Handshakes that succeeded, and those of them that resumed a session. */
  readonly tlsHandshakes: number;
  readonly tlsResumed: number;
  readonly tlsFailures: number;
  readonly requests: number;
  readonly activeRequests: number;
  /** WebSockets open now. */
  readonly tunnels: number;
  readonly h2ResetFloods: number;
  /** Of certificates from files, those in force. */
  readonly certificates: readonly CertificateEnd[];
  /** Answers the front gave in place of a target, by error code. */
  readonly refusals: Readonly<Record<string, number>>;
  /** What was dropped, cut or forgotten without an answer, by reason. */
  readonly drops: Readonly<Record<string, number>>;
  /** Each server of each upstream. */
  readonly upstreams: readonly UpstreamStatus[];
  readonly upstreamTotals: readonly UpstreamTotals[];
  /** By coding. */
  readonly compression: CodingTallies;
  readonly caches: readonly CacheStatus[];
  /** The server of shared limits; two while a reload changes it. */
  readonly redis: readonly RedisStatus[];
  readonly requestLog: RequestLogCounters;
}
