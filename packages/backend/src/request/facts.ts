// Everything this site knows about the request it is answering: the page and `/api/whoami` both show this.
import { epochMicros } from '@tollgate/core';
import type { ForwardedTls } from '@tollgate/core';
import type { FastifyRequest } from 'fastify';
import { frontFacts } from './front.ts';
import { ownTls } from './tls.ts';
import type { AddedField, Front, Hop } from './front.ts';

export interface RequestFacts {
  readonly requestId: string | null;
  readonly method: string;
  readonly host: string;
  readonly target: string;
  /** The client's address, or `unix socket`. */
  readonly client: string;
  /** As the client spoke it to the first server it met: the front, or this site. */
  readonly protocol: string;
  readonly scheme: string;
  readonly tls: ForwardedTls | null;
  readonly front: {
    readonly hop: Hop;
    /** As the front spoke it to this site. */
    readonly hopProtocol: string;
    readonly added: readonly AddedField[];
  } | null;
  readonly micros: {
    /** From the front's reading the head to this site's reading it; `null` without a front, or with clocks apart. */
    readonly front: number | null;
    /** From this site's reading the head to its making of the answer. */
    readonly app: number;
  };
  /** What the client sent itself, credentials hidden. */
  readonly received: readonly (readonly [name: string, value: string])[];
}

/** Not shown: a page that repeats them would hand them to whoever looks over a shoulder. */
const HIDDEN = new Set(['authorization', 'cookie', 'proxy-authorization']);

export function requestFacts(request: FastifyRequest, front: Front, arrivedMicros: number): RequestFacts {
  const behind = frontFacts(request, front);
  const protocol = `HTTP/${request.raw.httpVersion}`;
  const tls = behind === undefined ? ownTls(request) : behind.tls;
  const fromFront = new Set<string>(behind?.added.map(({ name }) => name));
  return {
    requestId: behind?.requestId ?? null,
    method: request.method,
    host: request.host,
    target: request.url,
    client: behind?.client ?? request.raw.socket.remoteAddress ?? 'unix socket',
    protocol: behind?.protocol ?? protocol,
    scheme: behind?.scheme ?? (tls === undefined ? 'http' : 'https'),
    tls: tls ?? null,
    front: behind ? { hop: behind.hop, hopProtocol: protocol, added: behind.added } : null,
    micros: {
      front: elapsed(behind?.startMicros, arrivedMicros),
      app: Math.max(0, epochMicros() - arrivedMicros),
    },
    received: receivedFields(request, fromFront),
  };
}

/** A clock set back between the two readings would make a time that never was: then there is none. */
function elapsed(from: number | undefined, to: number): number | null {
  return from === undefined || from > to ? null : to - from;
}

function receivedFields(request: FastifyRequest, fromFront: ReadonlySet<string>): RequestFacts['received'] {
  return Object.entries(request.headers)
    .filter(([name]) => !fromFront.has(name) && !name.startsWith(':'))
    .map(([name, value]) => [name, HIDDEN.has(name) ? '(hidden)' : String(value)]);
}
