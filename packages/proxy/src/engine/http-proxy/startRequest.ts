// Node's request with exactly the fields that are given. To a method that often has a body Node adds a framing of its own
// when it has none; what an app behind a hop is asked is what one in this process would be.
import { request as startNode, type ClientRequest, type RequestOptions } from 'node:http';

/** Of these Node believes that they have no body. */
const BODYLESS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT']);

/** `fields`: names and values in turn, Host among them. `framed`: they say how long the body is. */
export function startRequest(options: RequestOptions, fields: string[], framed: boolean): ClientRequest {
  if (framed || BODYLESS.has(options.method ?? ''))
    return startNode({ ...options, headers: fields, setHost: false });
  const request = startNode({ ...options, setHost: false });
  for (let at = 0; at + 1 < fields.length; at += 2)
    request.appendHeader(fields[at] ?? '', fields[at + 1] ?? '');
  request.removeHeader('content-length');
  request.removeHeader('transfer-encoding');
  return request;
}
