// All listening sockets of one configuration. A reload keeps those whose address stays, opens new ones, closes the rest.
import { createServer, type Server, type Socket } from 'node:net';
import type { Listener } from '@tollgate/core';
import { bind, type BindOptions, type BoundAddress } from './bind.ts';

interface Open {
  readonly server: Server;
  readonly bound: BoundAddress;
}

export type OnConnection = (socket: Socket, listener: Listener) => void;

export class Listeners {
  readonly #options: BindOptions;
  readonly #onConnection: OnConnection;
  readonly #open = new Map<string, Open>();

  constructor(options: BindOptions, onConnection: OnConnection) {
    this.#options = options;
    this.#onConnection = onConnection;
  }

  get bound(): readonly BoundAddress[] {
    return [...this.#open.values()].map(({ bound }) => bound);
  }

  /** Opens what is new, all or nothing. Returns the step that closes what is gone. */
  async change(wanted: readonly Listener[]): Promise<() => Promise<void>> {
    const opened: string[] = [];
    try {
      for (const listener of wanted) {
        const key = keyOf(listener);
        if (this.#open.has(key)) continue;
        this.#open.set(key, await this.#listen(listener));
        opened.push(key);
      }
    } catch (error) {
      await this.#close(opened);
      throw error;
    }
    const kept = new Set(wanted.map((listener) => keyOf(listener)));
    return () => this.#close([...this.#open.keys()].filter((key) => !kept.has(key)));
  }

  /** Accepted connections are not touched. Idempotent. */
  async close(): Promise<void> {
    await this.#close([...this.#open.keys()]);
  }

  async #listen(listener: Listener): Promise<Open> {
    // A plain client may end its side after the request and still wants the answer. A TLS client that ends has left;
    // half-open, it would be kept until the handshake or idle time-out.
    const allowHalfOpen = listener.scheme === 'http';
    const server = createServer({ allowHalfOpen, noDelay: true }, (socket) => {
      this.#onConnection(socket, listener);
    });
    const bound = await bind(server, listener, this.#options);
    return { server, bound };
  }

  async #close(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      // Connections outlive their listener, so the callback of `close` is not waited for.
      this.#open.get(key)?.server.close();
      this.#open.delete(key);
    }
  }
}

function keyOf({ scheme, address }: Listener): string {
  return JSON.stringify([scheme, address]);
}
