// A client that writes bytes and reads what comes: no parser between the test and the wire.
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';

export class RawClient {
  readonly socket: Socket | TLSSocket;
  received = Buffer.alloc(0);
  ended = false;
  closed = false;
  readonly #looks = new Set<() => void>();

  constructor(socket: Socket | TLSSocket) {
    this.socket = socket;
    onTestFinished(() => {
      socket.destroy();
    });
    socket.on('data', (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.#look();
    });
    socket.on('end', () => {
      this.ended = true;
      this.#look();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.closed = true;
      this.#look();
    });
  }

  get text(): string {
    return this.received.toString('latin1');
  }

  write(text: string | Buffer): void {
    this.socket.write(text);
  }

  /** Resolves when `wanted` holds for what has been received; rejects when the connection closes before. */
  until(wanted: (text: string) => boolean): Promise<string> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (wanted(this.text)) resolve(this.text);
        else if (this.closed) reject(new Error(`closed after ${JSON.stringify(this.text)}`));
        else return;
        this.#looks.delete(look);
      };
      this.#looks.add(look);
      look();
    });
  }

  /** Everything received until the other side closed. */
  untilClosed(): Promise<string> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!this.ended && !this.closed) return;
        this.#looks.delete(look);
        resolve(this.text);
      };
      this.#looks.add(look);
      look();
    });
  }

  #look(): void {
    for (const look of this.#looks) look();
  }
}

export function rawConnect(port: number): RawClient {
  return new RawClient(connect({ port, host: '127.0.0.1', allowHalfOpen: true }));
}

export function rawConnectTls(port: number, options: ConnectionOptions = {}): RawClient {
  return new RawClient(
    connectTls({
      port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      ALPNProtocols: ['http/1.1'],
      ...options,
    }),
  );
}

/** Writes all at once and gives everything until the server closes. */
export async function exchangeRaw(port: number, text: string | Buffer): Promise<string> {
  const client = rawConnect(port);
  client.write(text);
  return client.untilClosed();
}
