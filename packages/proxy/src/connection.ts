// The facts of one accepted client connection, known before its first request and the same for all of them.
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { formatForwardedTls, plainAddress } from '@tollgate/core';
import type { ProxyEnds } from './upstream/proxyHeader.ts';

interface Endpoint {
  /** IP literal without zone; IPv4-mapped IPv6 is written as IPv4. Empty for a unix socket. */
  readonly address: string;
  readonly port: number;
}

interface TlsFacts {
  /** As OpenSSL names it: `TLSv1.3`. */
  readonly version: string;
  /** The standard name: `TLS_AES_128_GCM_SHA256`. */
  readonly cipher: string;
  /** Lower case; `undefined` when the client sent no SNI. */
  readonly serverName: string | undefined;
  /** Version and cipher as targets are told. */
  readonly forwarded: string;
}

export interface ClientConnection {
  readonly scheme: 'http' | 'https';
  /** By ALPN; a plain listener and a client without ALPN speak h1. */
  readonly protocol: 'h1' | 'h2';
  readonly peer: Endpoint;
  /** Asked of the socket each time: few want it, and it costs a system call. */
  readonly local: Endpoint;
  readonly tls: TlsFacts | undefined;
}

/** A class: an object with a getter of its own would get a hidden class of its own, a kilobyte each and slow to read. */
class SocketConnection implements ClientConnection {
  readonly scheme: 'http' | 'https';
  readonly protocol: 'h1' | 'h2';
  readonly peer: Endpoint;
  readonly tls: TlsFacts | undefined;
  readonly #socket: Socket;
  readonly #ends: ProxyEnds | undefined;

  constructor(socket: Socket, ends: ProxyEnds | undefined, protocol: 'h1' | 'h2', tls: TlsFacts | undefined) {
    this.#socket = socket;
    this.#ends = ends;
    this.scheme = tls === undefined ? 'http' : 'https';
    this.protocol = protocol;
    this.peer = ends?.source ?? endpoint(socket.remoteAddress, socket.remotePort);
    this.tls = tls;
  }

  get local(): Endpoint {
    return this.#ends?.destination ?? endpoint(this.#socket.localAddress, this.#socket.localPort);
  }
}

/** `ends`: as a PROXY header gave them, in place of the socket's own. */
export function plainConnection(socket: Socket, ends?: ProxyEnds): ClientConnection {
  return new SocketConnection(socket, ends, 'h1', undefined);
}

/** `socket` has finished its handshake. */
export function tlsConnection(socket: TLSSocket, ends?: ProxyEnds): ClientConnection {
  const name = 'servername' in socket ? socket.servername : undefined;
  const version = socket.getProtocol() ?? 'unknown';
  const cipher = socket.getCipher().standardName;
  return new SocketConnection(socket, ends, socket.alpnProtocol === 'h2' ? 'h2' : 'h1', {
    version,
    cipher,
    serverName: typeof name === 'string' ? name.toLowerCase() : undefined,
    forwarded: formatForwardedTls({ version, cipher }),
  });
}

/**
 * The client has reset the connection: the kernel no longer says who it was, though what it sent can still be read. Served,
 * it would pass for the peer of a unix socket, which has no address on either side.
 */
export const isPeerGone = (socket: Socket): boolean =>
  socket.remoteAddress === undefined && socket.localAddress !== undefined;

function endpoint(address: string | undefined, port: number | undefined): Endpoint {
  return { address: address === undefined ? '' : (plainAddress(address) ?? address), port: port ?? 0 };
}

/**
 * The two ends as an upstream shall see them. `client`: whom trusted proxies vouch for; of such a one no port is known.
 */
export function endsOf({ peer, local }: ClientConnection, client: string): ProxyEnds {
  return {
    source: { address: client, port: client === peer.address ? peer.port : 0 },
    destination: local,
  };
}
