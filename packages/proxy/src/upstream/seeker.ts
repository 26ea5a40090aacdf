// A request that looks for a server. Each engine's has its own form; a group knows only this.
import type { HashBy } from '@tollgate/core';
import type { UpstreamFailure } from './failure.ts';
import type { UpstreamMember } from './member.ts';

export interface Seeker {
  /** Servers that have failed it; asked again only when there is no other. */
  readonly tried: readonly UpstreamMember[];
  /** What it has in common with those that shall meet the same server; empty: nothing. Asked only by `balance: hash`. */
  hashKey(by: HashBy): string;
  /** A server with a place for it, which is its own until the group is told that it leaves. */
  granted(member: UpstreamMember): void;
  /** No server, and none after waiting. */
  refused(failure: UpstreamFailure): void;
}
