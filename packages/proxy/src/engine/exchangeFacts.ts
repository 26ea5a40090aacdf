// What an upstream's ways of choosing and telling need of an exchange of the full lane.
import type { HashBy } from '@tollgate/core';
import { endsOf } from '../connection.ts';
import type { Exchange } from '../lane/full/exchange.ts';
import { hashKeyOf } from '../upstream/hashKey.ts';
import type { ProxyEnds } from '../upstream/proxyHeader.ts';

/** For `balance: hash`. */
export function exchangeKey({ client, head, request }: Exchange, by: HashBy): string {
  return hashKeyOf(by, client?.address ?? '', head?.authority ?? '', request.rawHeaders);
}

/** For a PROXY header. */
export function exchangeEnds({ connection, client }: Exchange): ProxyEnds {
  return endsOf(connection, client?.address ?? connection.peer.address);
}
