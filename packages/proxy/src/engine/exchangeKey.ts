// What an exchange of the full lane is known by when its upstream has `balance: hash`.
import type { HashBy } from '@tollgate/core';
import type { Exchange } from '../lane/full/exchange.ts';
import { hashKeyOf } from '../upstream/hashKey.ts';

export function exchangeKey({ client, head, request }: Exchange, by: HashBy): string {
  return hashKeyOf(by, client?.address ?? '', head?.authority ?? '', request.rawHeaders);
}
