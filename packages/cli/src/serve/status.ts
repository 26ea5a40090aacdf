// What `GET /status` answers and `tollgate status` prints.
import type { GuardReading } from '@tollgate/host';
import type { BoundAddress } from '@tollgate/proxy';
import type { ReloadOutcome } from './admin/answers.ts';
import type { OrderedStatus } from './ordered-certificates.ts';
import type { ProcessStatus } from './service.ts';

export interface Status {
  readonly version: string;
  readonly state: 'starting' | 'serving' | 'draining' | 'ended';
  readonly pid: number;
  readonly startedAt: string;
  readonly uptimeMs: number;
  /** Absolute path. */
  readonly configuration: string;
  readonly listening: readonly BoundAddress[];
  readonly lastReload: { readonly at: string; readonly outcome: ReloadOutcome } | null;
  /**
   * Of changed or new files, by a reload too; null before the first. `errors`: what cannot be used, a sentence each; those
   * sites are served with the certificate they have, and it is tried again.
   */
  readonly lastCertificateLoad: { readonly at: string; readonly errors: readonly string[] } | null;
  /** The connection table and the accept queue a second ago at most; null before the first look. */
  readonly machine: GuardReading | null;
  /** Certificates of `tls: acme`; null when no site wants one. */
  readonly ordered: OrderedStatus | null;
  readonly processes: readonly ProcessStatus[];
}
