// Whose turn it is among the candidates. Nothing is allocated: a choice is made for every request.
import type { Balance } from '@tollgate/core';
import type { UpstreamMember } from '../member.ts';
import type { Seeker } from '../seeker.ts';
import { bidOf, hashOf } from './hash.ts';

/** Chooses among those of `members` that are candidates; `undefined` when none is. */
export type Choose = (members: readonly UpstreamMember[], seeker: Seeker) => UpstreamMember | undefined;

export function chooseBy(balance: Balance): Choose {
  switch (balance.kind) {
    case 'round-robin':
      return roundRobin;
    case 'least-connections':
      return leastConnections;
    case 'hash':
      return (members, seeker) => {
        const key = seeker.hashKey(balance.by);
        // One key for all who have none would send them all to one server.
        return key === '' ? roundRobin(members) : highestBid(members, hashOf(key));
      };
  }
}

/** Smooth, as nginx does it: with weights 5, 1, 1 the turns are a a b a c a a, not five of the first in a row. */
function roundRobin(members: readonly UpstreamMember[]): UpstreamMember | undefined {
  let chosen: UpstreamMember | undefined;
  let total = 0;
  for (const member of members) {
    if (!member.candidate) continue;
    member.turn += member.share;
    total += member.share;
    if (chosen === undefined || member.turn > chosen.turn) chosen = member;
  }
  if (chosen !== undefined) chosen.turn -= total;
  return chosen;
}

/** For their weight; whoever is level takes turns. */
function leastConnections(members: readonly UpstreamMember[]): UpstreamMember | undefined {
  let least = Number.POSITIVE_INFINITY;
  for (const { candidate, active, share } of members) {
    if (candidate) least = Math.min(least, active / share);
  }
  for (const member of members) {
    if (member.active / member.share > least) member.candidate = false;
  }
  return roundRobin(members);
}

function highestBid(members: readonly UpstreamMember[], key: number): UpstreamMember | undefined {
  let chosen: UpstreamMember | undefined;
  let highest = 0;
  for (const member of members) {
    if (!member.candidate) continue;
    const bid = bidOf(key, member.seed, member.share);
    if (bid <= highest) continue;
    highest = bid;
    chosen = member;
  }
  return chosen;
}
