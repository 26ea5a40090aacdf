// Who asks: the client behind the peer, and what it asked for, decided once per request before anything is routed.
import { canonicalAuthority } from '../gate/host.ts';
import { compileNames } from './names.ts';
import { isRequestId } from './request-id.ts';
import { believedChain, UNIX_PEER, type Trust } from './trust.ts';

/** Where the request came in. */
export interface Arrival {
  /** As `plainAddress` gives it, once for the connection; `undefined` on a unix socket. */
  readonly peer: string | undefined;
  /** Of the connection. */
  readonly scheme: 'http' | 'https';
  /** The gate's canonical authority. */
  readonly authority: string;
  readonly rawHeaders: readonly string[];
}

export interface Client {
  /** An IP address without port or brackets, or `unix`. */
  readonly address: string;
  /** Client first, peer last. */
  readonly chain: readonly string[];
  /** The peer is one of `trustedProxies`; only then does any field of it count. */
  readonly peerTrusted: boolean;
  /** As the client used it: a trusted proxy may have ended TLS. */
  readonly scheme: 'http' | 'https';
  /** As the client asked for it: a trusted proxy may have replaced Host. */
  readonly authority: string;
  readonly requestId: string;
}

export function identifyClient(arrival: Arrival, trust: Trust, nextId: () => string): Client {
  const peer = arrival.peer ?? UNIX_PEER;
  if (!trust(peer)) {
    const { scheme, authority } = arrival;
    return { address: peer, chain: [peer], peerTrusted: false, scheme, authority, requestId: nextId() };
  }
  const claims = readClaims(arrival.rawHeaders);
  const chain = believedChain(peer, claims.forwardedFor, trust);
  return {
    address: chain[0] ?? peer,
    chain,
    peerTrusted: true,
    scheme: schemeOf(claims.proto) ?? arrival.scheme,
    authority: authorityOf(claims.host) ?? arrival.authority,
    requestId: isRequestId(claims.requestId) ? claims.requestId : nextId(),
  };
}

interface Claims {
  forwardedFor: string;
  proto: string;
  host: string;
  requestId: string;
}

const isClaim = compileNames(['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'x-request-id']);

/** Forwarded is not believed: proxies that write only X-Forwarded-For let a client's Forwarded through. */
function readClaims(rawHeaders: readonly string[]): Claims {
  const claims: Claims = { forwardedFor: '', proto: '', host: '', requestId: '' };
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = isClaim(rawHeaders[at] ?? '');
    const value = rawHeaders[at + 1] ?? '';
    if (name === 'x-forwarded-for') claims.forwardedFor += claims.forwardedFor === '' ? value : `,${value}`;
    else if (name === 'x-forwarded-proto') claims.proto = lastItem(value);
    else if (name === 'x-forwarded-host') claims.host = lastItem(value);
    else if (name === 'x-request-id') claims.requestId = value;
  }
  return claims;
}

/** The nearest proxy writes at the end; only it is known to be trusted. */
function lastItem(value: string): string {
  return value.slice(value.lastIndexOf(',') + 1).trim();
}

function schemeOf(text: string): 'http' | 'https' | undefined {
  const lower = text.toLowerCase();
  return lower === 'http' || lower === 'https' ? lower : undefined;
}

function authorityOf(text: string): string | undefined {
  const parsed = text === '' ? undefined : canonicalAuthority(text);
  if (parsed === undefined) return undefined;
  return parsed.port === undefined ? parsed.host : `${parsed.host}:${parsed.port}`;
}
