// TLS of the front: raw socket in, TLS socket with its negotiated facts out. Made anew for each generation, so that
// certificates and settings change whole; handshakes under way finish with the one they began with.
import type { Socket } from 'node:net';
import { createServer, type SecureContextOptions, type Server, type TLSSocket } from 'node:tls';
import type { Counters } from '../counters.ts';
import type { Certificates } from './certificates.ts';

export interface TerminatorOptions {
  readonly certificates: Certificates;
  readonly settings: SecureContextOptions;
  readonly handshakeMs: number;
  /** 48 bytes, shared by the workers, so that a client can resume with each of them. */
  readonly ticketKeys: Buffer;
  readonly counters: Counters;
  readonly onSecure: (socket: TLSSocket) => void;
}

export class TlsTerminator {
  readonly #server: Server;

  constructor(options: TerminatorOptions) {
    const { certificates, counters } = options;
    this.#server = createServer({
      ...options.settings,
      cert: certificates.fallback.certificate,
      key: certificates.fallback.key,
      handshakeTimeout: options.handshakeMs,
      ticketKeys: options.ticketKeys,
      ALPNProtocols: ['h2', 'http/1.1'],
      // Never throws, whatever the name: a throw here ended the process (CVE-2026-21637).
      SNICallback: (serverName, done) => done(null, certificates.find(serverName)),
    });
    this.#server.on('secureConnection', (socket) => {
      counters.tlsHandshakes += 1;
      if (socket.isSessionReused()) counters.tlsResumed += 1;
      options.onSecure(socket);
    });
    this.#server.on('tlsClientError', (_error, socket) => {
      counters.tlsFailures += 1;
      // A time-out leaves the socket open, a failed handshake half-open.
      socket.destroy();
    });
  }

  /** Takes the socket over: it comes back by `onSecure`, or is destroyed when the handshake fails. */
  secure(socket: Socket): void {
    this.#server.emit('connection', socket);
  }

  /** Tickets under the old keys lead to a full handshake, no error. */
  setTicketKeys(keys: Buffer): void {
    this.#server.setTicketKeys(keys);
  }
}
