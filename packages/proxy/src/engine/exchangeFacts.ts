// What an upstream's ways of choosing and telling, and its servers, need of an exchange of the full lane.
import type { HashBy } from '@tollgate/core';
import { endsOf } from '../connection.ts';
import type { Exchange } from '../lane/full/exchange.ts';
import { targetFields } from '../lane/full/forwardedView.ts';
import type { UpstreamGroup } from '../upstream/group.ts';
import { hashKeyOf } from '../upstream/hashKey.ts';
import { hostOf } from '../upstream/host.ts';
import type { UpstreamMember } from '../upstream/member.ts';
import type { ProxyEnds } from '../upstream/proxyHeader.ts';

/** For `balance: hash`. */
export function exchangeKey({ client, head, request }: Exchange, by: HashBy): string {
  return hashKeyOf(by, client?.address ?? '', head?.authority ?? '', request.rawHeaders);
}

/** For a PROXY header. */
export function exchangeEnds({ connection, client }: Exchange): ProxyEnds {
  return endsOf(connection, client?.address ?? connection.peer.address);
}

/** For the server that is asked, under the name that the upstream wants. */
export function fieldsFor(exchange: Exchange, { config }: UpstreamGroup, member: UpstreamMember): string[] {
  const fields = targetFields(exchange);
  if (config.host === 'upstream') fields[1] = hostOf(member);
  return fields;
}
