// Informational answers (1xx) of the upstream, passed on to clients that know them (RFC 9110 15.2).
import type { InformationEvent } from 'node:http';
import { responseFields } from '@tollgate/core';
import { isSendable } from '../../policy/trailers.ts';
import type { Exchange } from '../../lane/full/exchange.ts';

/** An upstream that sends more of them than this for one request is broken, and each costs a write. */
const MOST = 32;

/** False: too many. 100 is the front's own matter, and 101 never comes this way. */
export function relayInformation(exchange: Exchange, information: InformationEvent): boolean {
  exchange.informational += 1;
  if (exchange.informational > MOST) return false;
  const { request, response } = exchange;
  const { statusCode, rawHeaders, httpVersion } = information;
  if (statusCode < 102 || request.httpVersion === '1.0' || response.headersSent) return true;
  const fields = responseFields(rawHeaders, httpVersion);
  // Of no consequence to the answer itself, so that it is left out rather than refused.
  if (fields.every((text) => isSendable(text))) response.inform(statusCode, fields);
  return true;
}
