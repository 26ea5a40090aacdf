// The request as a target in this process sees it: the very fields it would get behind a hop, in place of the client's.
import { requestFields, tierFields } from '@tollgate/core';
import type { Exchange } from './exchange.ts';
import { H1Request } from './request.ts';

/** Rewrites url, headers and rawHeaders in place. The exchange has passed the gate. */
export function rewriteAsForwarded(exchange: Exchange): void {
  const { request, head } = exchange;
  if (head === undefined) return;
  const fields = targetFields(exchange);
  if (request instanceof H1Request) {
    request.rawHeaders = fields;
    request.headers = fold(fields);
  } else {
    // Node keeps method and path of HTTP/2 among the headers, and lets nobody replace the objects.
    const pseudo = { ':method': head.method, ':path': head.target };
    for (const name of Object.keys(request.headers)) delete request.headers[name];
    Object.assign(request.headers, pseudo, fold(fields));
    request.rawHeaders.splice(0, request.rawHeaders.length, ...fields);
  }
  request.url = head.target;
}

/** What goes to a target, framing and upgrade included; for a hop the engine adds Connection. */
export function targetFields(exchange: Exchange): string[] {
  const { request, head, client } = exchange;
  if (head === undefined || client === undefined) return [];
  const fields = requestFields(head, request.rawHeaders, client, request.httpVersion);
  fields.push(...tierFields(exchange.connection.tls?.forwarded, exchange.startMicros));
  if (head.upgrade !== undefined) fields.push('Connection', 'Upgrade', 'Upgrade', head.upgrade);
  else if (exchange.hasBody && head.contentLength === undefined) fields.push('Transfer-Encoding', 'chunked');
  return fields;
}

/** Fields that have one value by their definition: a second one is ignored, as Node does. */
const SINGLE: ReadonlySet<string> = new Set([
  'age',
  'authorization',
  'content-length',
  'content-type',
  'etag',
  'expires',
  'from',
  'host',
  'if-modified-since',
  'if-unmodified-since',
  'last-modified',
  'location',
  'max-forwards',
  'proxy-authorization',
  'referer',
  'retry-after',
  'server',
  'user-agent',
]);

type Folded = Record<string, string | string[]>;

/** Node's object of lower-case names: repeated fields joined. Without a prototype `__proto__` is a name like any other. */
function fold(fields: readonly string[]): Folded {
  const folded: Folded = Object.create(null);
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const name = (fields[at] ?? '').toLowerCase();
    const value = fields[at + 1] ?? '';
    const before = folded[name];
    if (before === undefined) folded[name] = name === 'set-cookie' ? [value] : value;
    else if (typeof before !== 'string') before.push(value);
    else if (!SINGLE.has(name)) folded[name] = `${before}${name === 'cookie' ? '; ' : ', '}${value}`;
  }
  return folded;
}
