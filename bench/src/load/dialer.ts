// Opens connections: one shared TLS context, source addresses in turn, and the session policy of the mode.
import { readFileSync } from 'node:fs';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import type { LoadSpec } from './spec.ts';

/** One for the whole process: what is read is used before the call returns. */
const READ_BUFFER = Buffer.allocUnsafe(65_536);
const PRIME_MS = 2000;

export interface DialListener {
  /** The TCP connection stands; with TLS the handshake begins. */
  connected(): void;
  /** A request can be written. */
  ready(): void;
  /** Each piece, in a buffer that is used again; without it the socket is a plain stream (HTTP/2 wants one). */
  bytes?(bytesRead: number, bytes: Buffer): void;
}

export class Dialer {
  opened = 0;
  resumed = 0;
  readonly #spec: LoadSpec;
  readonly #address: string;
  readonly #context: SecureContext | null;
  readonly #sources: readonly string[];
  #session: Buffer | undefined;

  /** `address` is what the spec's host was resolved to. */
  constructor(spec: LoadSpec, address: string) {
    this.#spec = spec;
    this.#address = address;
    this.#sources = spec.sourceAddresses ?? [];
    this.#context = spec.scheme === 'https' ? secureContextOf(spec) : null;
  }

  dial(listener: DialListener): Socket {
    const source = this.#sources[this.opened % this.#sources.length];
    this.opened++;
    const options = {
      host: this.#address,
      port: this.#spec.port,
      noDelay: true,
      autoSelectFamily: false,
      ...(source === undefined ? {} : { localAddress: source }),
      ...(listener.bytes === undefined
        ? {}
        : { onread: { buffer: READ_BUFFER, callback: deliver(listener) } }),
    };
    const socket = this.#context === null ? connectTcp(options) : this.#dialTls(options, this.#context);
    socket.once('connect', () => {
      listener.connected();
      if (this.#context === null) listener.ready();
    });
    if (this.#context !== null) socket.once('secureConnect', () => listener.ready());
    return socket;
  }

  /** Mode `resumed`: one handshake ahead of the first request, for a ticket. Without one, every handshake stays full. */
  async prime(): Promise<void> {
    if (this.#context === null || this.#spec.mode !== 'resumed') return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const socket = this.dial({ connected() {}, ready() {} });
    socket.on('session', () => resolve()).on('error', () => resolve());
    socket.on('close', () => resolve()).resume();
    const timer = setTimeout(resolve, PRIME_MS);
    await promise;
    clearTimeout(timer);
    socket.destroy();
  }

  #dialTls(options: object, secureContext: SecureContext): TLSSocket {
    const { mode, protocol, verify } = this.#spec;
    const resumes = mode === 'resumed';
    const name = this.#spec.serverName ?? this.#spec.host;
    const socket = connectTls({
      ...options,
      secureContext,
      rejectUnauthorized: verify,
      // RFC 6066 section 3: an address is no server name.
      servername: isIP(name) === 0 ? name : '',
      ALPNProtocols: [protocol === 'h2' ? 'h2' : 'http/1.1'],
      ...(resumes && this.#session !== undefined ? { session: this.#session } : {}),
    });
    if (resumes) this.#followSession(socket);
    return socket;
  }

  /** A ticket serves until a server declines it: reading each new one would cost more than the handshake it saves. */
  #followSession(socket: TLSSocket): void {
    const keep = (session: Buffer): void => {
      this.#session = session;
    };
    if (this.#session === undefined) socket.on('session', keep);
    socket.once('secureConnect', () => {
      if (socket.isSessionReused()) this.resumed++;
      else socket.on('session', keep);
    });
  }
}

function secureContextOf(spec: LoadSpec): SecureContext {
  return createSecureContext({
    ecdhCurve: 'X25519:P-256',
    ...(spec.caFile === undefined ? {} : { ca: readFileSync(spec.caFile) }),
  });
}

function deliver(listener: DialListener): (bytesRead: number) => boolean {
  return (bytesRead) => {
    listener.bytes?.(bytesRead, READ_BUFFER);
    return true;
  };
}
