// TLS of the front: raw socket in, TLS socket with its negotiated facts out. Made anew for each generation, so that
// certificates and settings change whole; handshakes under way finish with the one they began with.
import type { Socket } from 'node:net';
import {
  createServer,
  type SecureContextOptions,
  type Server,
  type TlsOptions,
  type TLSSocket,
} from 'node:tls';
import type { Counters } from '../counters.ts';
import type { Certificates } from './certificates.ts';
import type { ChallengeBoard } from './challengeBoard.ts';
import { ACME_PROTOCOL, challengedHandshakes } from './challengedHandshakes.ts';

export interface TerminatorOptions {
  readonly certificates: Certificates;
  /** `undefined`: no authority asks by TLS. */
  readonly challenges: ChallengeBoard | undefined;
  readonly settings: SecureContextOptions;
  readonly handshakeMs: number;
  /** 48 bytes, shared by the workers, so that a client can resume with each of them. */
  readonly ticketKeys: Buffer;
  readonly counters: Counters;
  readonly onSecure: (socket: TLSSocket) => void;
}

/** How long the authority may take to close. */
const VALIDATION_MS = 5000;

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
      ...(options.challenges === undefined
        ? plainHandshakes(certificates)
        : challengedHandshakes(options.challenges, certificates)),
    });
    this.#server.on('secureConnection', (socket) => {
      counters.tlsHandshakes += 1;
      if (socket.isSessionReused()) counters.tlsResumed += 1;
      if (socket.alpnProtocol === ACME_PROTOCOL) endValidation(socket);
      else options.onSecure(socket);
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

function plainHandshakes(certificates: Certificates): TlsOptions {
  const ALPNProtocols = ['h2', 'http/1.1'];
  // The call is a way from OpenSSL to JavaScript and back in the middle of each handshake.
  if (certificates.single) return { ALPNProtocols };
  return {
    ALPNProtocols,
    // Never throws, whatever the name: a throw here ended the process (CVE-2026-21637).
    SNICallback: (serverName, done) => done(null, certificates.find(serverName)),
  };
}

/** The authority has seen the certificate; nothing may be asked on this connection (RFC 8737 3). */
function endValidation(socket: TLSSocket): void {
  socket.on('error', () => undefined);
  socket.setTimeout(VALIDATION_MS, () => socket.destroy());
  socket.resume();
  socket.end();
}
