// Connections whose first bytes say for whom they stand, and what they said. Only peers in `trustedProxies` may say it:
// they must; any other peer is served as itself, as with HAProxy's `expect-proxy layer4 if { src … }`.
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { plainAddress, type Config, type Trust } from '@tollgate/core';
import type { Counters } from '../../counters.ts';
import type { ProxyEnds } from '../../upstream/proxyHeader.ts';
import type { Connections } from '../connections.ts';
import { socketBelow } from '../socketBelow.ts';
import { receiveProxyHeader } from './receive.ts';

interface InForce {
  readonly config: Config;
  readonly trust: Trust;
}

export class ProxiedSockets {
  readonly #connections: Connections;
  readonly #counters: Counters;
  /** `own`: the header has named nobody. */
  readonly #ends = new WeakMap<Socket, ProxyEnds | 'own'>();

  constructor(connections: Connections, counters: Counters) {
    this.#connections = connections;
    this.#counters = counters;
  }

  awaitsHeader({ remoteAddress }: Socket, { config, trust }: InForce): boolean {
    return (
      config.proxyProtocol &&
      trust(remoteAddress === undefined ? 'unix' : (plainAddress(remoteAddress) ?? remoteAddress))
    );
  }

  /** `take` gets what came with the header; it is not called for a socket that was closed. */
  receive(socket: Socket, { config }: InForce, take: (rest: Buffer) => void): void {
    receiveProxyHeader(socket, config.timeouts.tlsHandshakeMs, {
      received: (ends, rest) => {
        this.#ends.set(socket, ends ?? 'own');
        if (ends === undefined || this.#connections.claim(socket, ends.source.address)) take(rest);
      },
      refused: () => this.#counters.dropped('proxy-header-missing'),
    });
  }

  of(socket: Socket): ProxyEnds | undefined {
    const ends = this.#ends.get(socket);
    return ends === 'own' ? undefined : ends;
  }

  /**
   * As `of`, for the connection that the TLS is on. Were it not found, every client would be taken for the proxy, and
   * believed whatever it claims: `unknown` must not be served.
   */
  ofSecured(socket: TLSSocket, inForce: InForce): ProxyEnds | 'unknown' | undefined {
    const below = socketBelow(socket);
    const ends = below && this.#ends.get(below);
    if (ends === undefined && this.awaitsHeader(socket, inForce)) return 'unknown';
    return ends === 'own' ? undefined : ends;
  }
}
