// What a group says of its servers: for `tollgate status`, the admin listener and tests. Plain data.
import type { UpstreamMember } from './member.ts';

export interface UpstreamStatus {
  readonly server: string;
  /** `trial`: its mark is over, and a request in a second finds out whether it is back. */
  readonly state: 'up' | 'marked' | 'trial';
  readonly weight: number;
  readonly backup: boolean;
  /** Requests and WebSockets under way, and how many there may be; null: any number. */
  readonly active: number;
  readonly maxConnections: number | null;
  /** Since it was first configured so. */
  readonly requests: number;
  readonly failures: number;
  /** Failures in a row. */
  readonly fails: number;
  readonly marked: boolean;
}

/** Of the whole upstream, since it was first configured so. */
export interface UpstreamTotals {
  readonly servers: readonly string[];
  /** Requests in the queue now, and all that were ever in it. */
  readonly waiting: number;
  readonly waited: number;
  /** Answered 503 because the queue was full, or because they had waited long enough. */
  readonly queueFull: number;
  readonly queueLate: number;
  /** Requests asked again, and those that were not because the budget was spent. */
  readonly retries: number;
  readonly retriesDenied: number;
}

export function memberStatus(member: UpstreamMember, now: number): UpstreamStatus {
  const { server, active, requests, failures, fails, markedUntilMs } = member;
  const marked = markedUntilMs > now;
  return {
    server: server.text,
    state: marked ? 'marked' : markedUntilMs > 0 ? 'trial' : 'up',
    weight: server.weight,
    backup: server.backup,
    active,
    maxConnections: server.maxConnections ?? null,
    requests,
    failures,
    fails,
    marked,
  };
}
