// `POST /purge`: what the caches are to forget, as JSON.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Purge } from '@tollgate/proxy';
import { readOrder } from './body.ts';
import { sendJson } from './send.ts';

const EXPECTED_PURGE =
  'expected {"address": URL}, {"prefix": URL} or {"everything": true} as JSON, such as {"prefix": "https://example.com/news/"}';

/** Answers with how many kept answers were forgotten. */
export async function purgeCaches(
  purge: (purge: Purge) => Promise<number>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const wanted = purgeOf(await readOrder(request));
  if (wanted === undefined) return sendJson(response, 400, { error: EXPECTED_PURGE });
  sendJson(response, 200, { purged: await purge(wanted) });
}

/** One key and no other: an order with two meanings is none. */
function purgeOf(order: Readonly<Record<string, unknown>> | undefined): Purge | undefined {
  const [entry, ...others] = Object.entries(order ?? {});
  if (entry === undefined || others.length > 0) return undefined;
  const [kind, value] = entry;
  if (kind === 'everything') return value === true ? { kind } : undefined;
  if ((kind !== 'address' && kind !== 'prefix') || typeof value !== 'string') return undefined;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  // As the keys are spelled: lower-case host, no default port, no fragment.
  return url === undefined || !/^https?:$/.test(url.protocol)
    ? undefined
    : { kind, url: url.origin + url.pathname + url.search };
}
