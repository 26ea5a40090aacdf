// The request as a target in this process sees it: the very fields it would get behind a hop, in place of the client's.
import { requestFields, tierFields } from '@tollgate/core';
import type { Exchange } from './exchange.ts';
import { foldFields } from './foldFields.ts';
import { H1Request, type FrontRequest } from './request.ts';

/** Rewrites url, headers and rawHeaders in place. The exchange has passed the gate. */
export function rewriteAsForwarded(exchange: Exchange): void {
  const { request, head } = exchange;
  if (head === undefined) return;
  const fields = targetFields(exchange);
  if (request instanceof H1Request) {
    request.rawHeaders = fields;
    request.headers = foldFields(fields);
  } else {
    // Node keeps method and path of HTTP/2 among the headers, and lets nobody replace the objects.
    const pseudo = { ':method': head.method, ':path': head.target };
    for (const name of Object.keys(request.headers)) delete request.headers[name];
    Object.assign(request.headers, pseudo, foldFields(fields));
    request.rawHeaders.splice(0, request.rawHeaders.length, ...fields);
  }
  request.url = head.target;
  const { withheldTrailers } = exchange;
  if (withheldTrailers !== undefined && exchange.hasBody)
    request.prependOnceListener('end', () => takeTrailersOff(request, withheldTrailers));
}

/** They are there when the body has ended, and not before. In place: Node gives them by getters. */
function takeTrailersOff({ trailers, rawTrailers }: FrontRequest, names: ReadonlySet<string>): void {
  for (const name of Object.keys(trailers)) if (names.has(name)) delete trailers[name];
  const kept = rawTrailers.filter((_, at) => !names.has((rawTrailers[at - (at % 2)] ?? '').toLowerCase()));
  rawTrailers.splice(0, rawTrailers.length, ...kept);
}

/** What goes to a target, framing and upgrade included; for a hop the engine adds Connection. */
export function targetFields(exchange: Exchange): string[] {
  const { request, head, client } = exchange;
  if (head === undefined || client === undefined) return [];
  const fields = requestFields(head, request.rawHeaders, client, request.httpVersion);
  fields.push(...tierFields(exchange.connection.tls?.forwarded, exchange.startMicros));
  if (head.upgrade !== undefined) fields.push('Connection', 'Upgrade', 'Upgrade', head.upgrade);
  else if (exchange.hasBody && head.contentLength === undefined) fields.push('Transfer-Encoding', 'chunked');
  return exchange.requestEdits.reduce((edited, edit) => edit(edited, exchange), fields);
}
