// Whether a request came through a front tier, and what that front said about its client.
import { FORWARDED_TLS, REQUEST_START, parseForwardedTls, parseRequestStart } from '@tollgate/core';
import type { ForwardedTls } from '@tollgate/core';
import type { FastifyRequest } from 'fastify';

/**
 * How this site is reached, and so whose word about the client it takes:
 * `none`: nobody's; it is exposed itself. `local`: that of a front on this machine (unix socket or loopback),
 * nobody's for other peers. `in-process`: that of the front it runs inside.
 */
export type Front = 'none' | 'local' | 'in-process';

export type Hop = 'in-process' | 'unix' | 'tcp';

export interface FrontFacts {
  readonly hop: Hop;
  readonly client: string | undefined;
  readonly requestId: string | undefined;
  readonly scheme: string | undefined;
  /** As the client spoke it to the front: `HTTP/2.0`. */
  readonly protocol: string;
  readonly tls: ForwardedTls | undefined;
  /** When the front had read the head; microseconds since the epoch. */
  readonly startMicros: number | undefined;
  readonly added: readonly AddedField[];
}

/** What a front adds, in the order in which the page explains it. */
const FRONT_FIELDS = [
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'forwarded',
  'x-request-id',
  'via',
  FORWARDED_TLS,
  REQUEST_START,
] as const;
export type FrontField = (typeof FRONT_FIELDS)[number];

/** A field that the front added, as it arrived. */
export interface AddedField {
  readonly name: FrontField;
  readonly value: string;
}

/** `undefined` when the request came directly, or from a peer whose word is not taken. */
export function frontFacts(request: FastifyRequest, front: Front): FrontFacts | undefined {
  const via = field(request, 'via');
  const hop = trustedHop(request, front);
  if (hop === undefined || via === undefined) return undefined;
  return {
    hop,
    client: firstOf(field(request, 'x-forwarded-for')),
    requestId: field(request, 'x-request-id'),
    scheme: firstOf(field(request, 'x-forwarded-proto')),
    protocol: receivedProtocol(via),
    tls: parseForwardedTls(field(request, FORWARDED_TLS) ?? ''),
    startMicros: parseRequestStart(field(request, REQUEST_START) ?? ''),
    added: FRONT_FIELDS.flatMap((name) => {
      const value = field(request, name);
      return value === undefined ? [] : [{ name, value }];
    }),
  };
}

function trustedHop(request: FastifyRequest, front: Front): Hop | undefined {
  if (front === 'none') return undefined;
  if (front === 'in-process') return 'in-process';
  const peer = request.raw.socket.remoteAddress;
  // A unix socket's peer has no address; who may connect is decided by the permissions of its path.
  if (peer === undefined) return request.raw.socket.destroyed ? undefined : 'unix';
  return isLoopback(peer) ? 'tcp' : undefined;
}

const isLoopback = (address: string): boolean =>
  address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.');

function field(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}

const firstOf = (list: string | undefined): string | undefined => list?.split(',', 1)[0]?.trim();

/** The last member of Via is the nearest front's: `2.0 tollgate`, or `HTTP/2.0 tollgate` (RFC 9110, 7.6.3). */
function receivedProtocol(via: string): string {
  const [protocol = ''] = via
    .slice(via.lastIndexOf(',') + 1)
    .trim()
    .split(' ', 1);
  return protocol.includes('/') ? protocol : `HTTP/${protocol}`;
}
