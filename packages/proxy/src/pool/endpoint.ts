// How one upstream server is reached: address, TLS with verification, and how long to wait. Made once per server.
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { UpstreamConfig, UpstreamServer } from '@tollgate/core';
import { proxyHeader, type ProxyEnds } from '../upstream/proxyHeader.ts';

export interface EndpointTimeouts {
  readonly upstreamConnectMs: number;
}

export interface UpstreamEndpoint {
  readonly address: { readonly path: string } | { readonly host: string; readonly port: number };
  readonly connectMs: number;
  /** Options of one TLS connection, with the session to resume; `undefined`: plain. */
  readonly tls: (() => ConnectionOptions) | undefined;
  keepSession(session: Buffer): void;
  /** What each connection begins with; `undefined`: nothing. Without `ends` the connection is the front's own. */
  readonly preface: ((ends: ProxyEnds | undefined) => Buffer) | undefined;
}

/**
 * `address`: of those that the server's name stands for; the certificate is still the name's.
 * @throws Error when the file of authorities cannot be read.
 */
export function endpointOf(
  server: UpstreamServer,
  upstream: Pick<UpstreamConfig, 'ca' | 'serverName'> & Partial<Pick<UpstreamConfig, 'proxyProtocol'>>,
  timeouts: EndpointTimeouts,
  address?: string,
): UpstreamEndpoint {
  const { proxyProtocol } = upstream;
  let session: Buffer | undefined;
  const base = server.scheme === 'https' ? tlsOptions(server, upstream) : undefined;
  return {
    address:
      server.address.kind === 'unix'
        ? { path: server.address.path }
        : { host: address ?? server.address.host, port: server.address.port },
    connectMs: timeouts.upstreamConnectMs,
    tls: base && (() => (session === undefined ? base : { ...base, session })),
    preface: proxyProtocol && ((ends) => proxyHeader(proxyProtocol, ends)),
    keepSession: (latest) => {
      session = latest;
    },
  };
}

/** Verification is always on: the certificate must name `serverName`, or the host that was written. */
function tlsOptions(
  server: UpstreamServer,
  upstream: Pick<UpstreamConfig, 'ca' | 'serverName'>,
): ConnectionOptions {
  const name = upstream.serverName ?? (server.address.kind === 'tcp' ? server.address.host : 'localhost');
  return {
    rejectUnauthorized: true,
    ALPNProtocols: ['http/1.1'],
    minVersion: 'TLSv1.2',
    ...(isIP(name) === 0 && { servername: name }),
    ...(upstream.ca !== undefined && { ca: readFileSync(upstream.ca) }),
  };
}
