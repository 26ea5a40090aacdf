// What a group says of its servers: for `tollgate status`, the admin listener and tests. Plain data.
import type { UpstreamConfig } from '@tollgate/core';
import type { UpstreamMember } from './member.ts';

export interface UpstreamStatus {
  readonly server: string;
  /** Of those that its name stands for; null when names are not looked up, or not yet. */
  readonly address: string | null;
  /**
   * `trial`: its mark is over, and a request in a second finds out whether it is back. `unhealthy`: its checks fail.
   */
  readonly state: 'up' | 'marked' | 'trial' | 'unhealthy';
  /** Null when it is not checked. `fault`: why the last check failed; null when it passed, or before the first. */
  readonly checks: { readonly passed: number; readonly failed: number; readonly fault: string | null } | null;
  readonly weight: number;
  readonly backup: boolean;
  /** Requests and WebSockets under way, and how many there may be; null: any number. */
  readonly active: number;
  readonly maxConnections: number | null;
  /** Since it was first configured so. */
  readonly requests: number;
  readonly failures: number;
  /** Times its breaker took it out of use. */
  readonly trips: number;
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
  /** Look-ups of a name that brought no address. */
  readonly lookupsFailed: number;
}

export function memberStatus(
  member: UpstreamMember,
  { health }: Pick<UpstreamConfig, 'health'>,
  now: number,
): UpstreamStatus {
  const { server, active, requests, failures, trips, fails, markedUntilMs } = member;
  return {
    server: server.text,
    address: member.address ?? null,
    state: stateOf(member, now),
    checks:
      health === undefined
        ? null
        : { passed: member.checksPassed, failed: member.checksFailed, fault: member.fault ?? null },
    weight: server.weight,
    backup: server.backup,
    active,
    maxConnections: server.maxConnections ?? null,
    requests,
    failures,
    trips,
    fails,
    marked: markedUntilMs > now,
  };
}

function stateOf({ healthy, markedUntilMs }: UpstreamMember, now: number): UpstreamStatus['state'] {
  if (!healthy) return 'unhealthy';
  if (markedUntilMs > now) return 'marked';
  return markedUntilMs > 0 ? 'trial' : 'up';
}
