// The strict gate: judges one request head and gives one canonical host and path, or a refusal with its status.
import type { Limits } from '../config/types.ts';
import type { Accepted, RequestHead, Verdict } from './head.ts';
import { hasOnly, TOKEN } from './characters.ts';
import type { Authority } from './host.ts';
import { knownAuthority } from './known-authority.ts';
import { readFields, type Fields } from './fields.ts';
import { parseTarget, type Target } from './target.ts';
import { refuse, type Refusal } from './refusal.ts';

export type GateLimits = Pick<Limits, 'headerBytes' | 'headerCount' | 'targetBytes'>;

/** Longer than every registered method; RFC 9112 section 3 wants 501 for longer ones than are known. */
const MAX_METHOD = 32;

/** Never throws. Pure: the same head and limits give the same verdict. */
export function judge(head: RequestHead, limits: GateLimits): Verdict {
  const refusal = judgeRequestLine(head, limits);
  if (refusal !== undefined) return refusal;
  const fields = readFields(head, limits);
  if (fields.kind === 'refused') return fields;
  const target = parseTarget(head.target, head.method, head.scheme);
  if (target.kind === 'refused') return target;
  if (head.protocol === 'h2' && target.form === 'absolute') return refuse('target-invalid');
  const authority = agreedAuthority(head, fields, target);
  return 'kind' in authority ? authority : accept(head, fields, target, authority);
}

function judgeRequestLine(head: RequestHead, limits: GateLimits): Refusal | undefined {
  const { method, httpVersion } = head;
  if (head.protocol === 'h1' && httpVersion !== '1.1' && httpVersion !== '1.0') {
    return refuse('version-unsupported');
  }
  if (method.length === 0 || !hasOnly(TOKEN, method)) return refuse('method-invalid');
  if (!isSupported(method)) return refuse('method-unsupported');
  if (head.target.length > limits.targetBytes) return refuse('target-too-long');
  return undefined;
}

/**
 * CONNECT would make the front a tunnel, TRACE echoes credentials (cross-site tracing). Methods are case-sensitive:
 * `get` is not GET here but is to lenient targets, so that a rule about GET could be passed by.
 */
function isSupported(method: string): boolean {
  if (method.length > MAX_METHOD || method === 'CONNECT' || method === 'TRACE') return false;
  for (let at = 0; at < method.length; at++) {
    const code = method.charCodeAt(at);
    if (code >= 0x61 && code <= 0x7a) return false;
  }
  return true;
}

const NO_AUTHORITY: Authority = { host: '', port: undefined };

/** Every place that names the host must name the same (RFC 9112 3.2.2 lets the target win; attackers count on it). */
function agreedAuthority(head: RequestHead, fields: Fields, target: Target): Authority | Refusal {
  const outer = head.protocol === 'h2' ? parsed(head.authority) : target.authority;
  const named = parsed(fields.host);
  if (outer === null || named === null) return refuse('host-invalid');
  if (head.protocol === 'h1' && named === undefined && head.httpVersion === '1.1')
    return refuse('host-missing');
  if (outer !== undefined && named !== undefined && !sameAuthority(outer, named, head.scheme)) {
    return refuse('host-mismatch');
  }
  const authority = outer ?? named;
  if (authority !== undefined) return authority;
  return head.protocol === 'h2' ? refuse('host-missing') : NO_AUTHORITY;
}

/** `null` when there is a text but no host in it; also for the empty text. */
function parsed(text: string | undefined): Authority | undefined | null {
  return text === undefined ? undefined : (knownAuthority(text) ?? null);
}

function sameAuthority(one: Authority, other: Authority, scheme: 'http' | 'https'): boolean {
  const standard = defaultPort(scheme);
  return one.host === other.host && (one.port ?? standard) === (other.port ?? standard);
}

function defaultPort(scheme: 'http' | 'https'): number {
  return scheme === 'https' ? 443 : 80;
}

function accept(head: RequestHead, fields: Fields, target: Target, authority: Authority): Accepted {
  const { host, port } = authority;
  return {
    kind: 'accepted',
    method: head.method,
    form: target.form,
    host,
    port,
    authority: port === undefined || port === defaultPort(head.scheme) ? host : `${host}:${port}`,
    path: target.path,
    query: target.query,
    target: target.query === undefined ? target.path : `${target.path}?${target.query}`,
    body: bodyOf(head, fields),
    contentLength: fields.contentLength,
    close: closes(head, fields),
    // RFC 9110 10.1.1: an HTTP/1.0 client cannot mean it.
    expectContinue: fields.expectContinue && head.httpVersion !== '1.0',
    upgrade: isWebSocket(head, fields) ? 'websocket' : undefined,
  };
}

function bodyOf(head: RequestHead, fields: Fields): Accepted['body'] {
  if (head.protocol === 'h2') return 'frames';
  if (fields.chunked) return 'chunked';
  return (fields.contentLength ?? 0) > 0 ? 'length' : 'none';
}

function closes(head: RequestHead, fields: Fields): boolean {
  if (head.protocol === 'h2') return false;
  return fields.close || (head.httpVersion === '1.0' && !fields.keepAlive);
}

function isWebSocket(head: RequestHead, fields: Fields): boolean {
  return fields.webSocket && fields.upgradeAsked && head.method === 'GET' && head.httpVersion === '1.1';
}
