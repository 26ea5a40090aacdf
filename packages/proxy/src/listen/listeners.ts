// All listening sockets of one configuration. A reload keeps those whose address stays, opens new ones, closes the rest.
import { createServer, type Server, type Socket } from 'node:net';
import type { Listener } from '@tollgate/core';
import { reset } from '../reset.ts';
import { bind, type BindOptions, type BoundAddress } from './bind.ts';

interface Open {
  readonly listener: Listener;
  readonly server: Server;
  readonly bound: BoundAddress;
}

export type OnConnection = (socket: Socket, listener: Listener) => void;

export class Listeners {
  readonly #options: BindOptions;
  readonly #onConnection: OnConnection;
  readonly #open = new Map<string, Open>();
  /** By systemd's name. Open until the end: a descriptor that is closed cannot be had again, should a reload want it. */
  readonly #inherited = new Map<string, Open>();
  #closed = false;

  constructor(options: BindOptions, onConnection: OnConnection) {
    this.#options = options;
    this.#onConnection = onConnection;
  }

  get bound(): readonly BoundAddress[] {
    return [...this.#open.values()].map(({ bound }) => bound);
  }

  /**
   * Opens what is new, all or nothing; then, at once, `swap`; then closes what is gone. Rejects after `close`, or when
   * `close` comes before `swap`.
   */
  async change(wanted: readonly Listener[], swap: () => void): Promise<void> {
    const opened: string[] = [];
    try {
      this.#refuseWhenClosed();
      for (const listener of wanted) {
        const key = keyOf(listener);
        if (this.#open.has(key)) continue;
        this.#open.set(key, await this.#listen(listener));
        opened.push(key);
        this.#refuseWhenClosed();
      }
    } catch (error) {
      this.#close(opened);
      throw error;
    }
    swap();
    const kept = new Set(wanted.map((listener) => keyOf(listener)));
    this.#close([...this.#open.keys()].filter((key) => !kept.has(key)));
  }

  /** Accepted connections are not touched. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#close([...this.#open.keys()]);
    for (const { server } of this.#inherited.values()) server.close();
    this.#inherited.clear();
  }

  #refuseWhenClosed(): void {
    if (this.#closed) throw new Error('listen: nothing is opened any more, the front is ending');
  }

  #listen(listener: Listener): Promise<Open> {
    const { address } = listener;
    if (address.kind === 'systemd') return this.#takeOver(listener, address.name);
    return this.#bind(listener, (socket) => this.#onConnection(socket, listener));
  }

  async #takeOver(listener: Listener, name: string): Promise<Open> {
    const known = this.#inherited.get(name);
    if (known !== undefined)
      return { ...known, listener, bound: { ...known.bound, scheme: listener.scheme } };
    const open = await this.#bind(listener, (socket) => this.#acceptInherited(socket, name));
    this.#inherited.set(name, open);
    return open;
  }

  async #bind(listener: Listener, accept: (socket: Socket) => void): Promise<Open> {
    const server = createServer({ allowHalfOpen: staysHalfOpen(listener), noDelay: true }, accept);
    return { listener, server, bound: await bind(server, listener, this.#options) };
  }

  /** Taken out by a reload, it is still connected to: who comes is told that nobody serves it. */
  #acceptInherited(socket: Socket, name: string): void {
    // During a change of scheme there are two for a moment: the older is in force until the swap.
    const open = this.#open.values().find(({ listener }) => nameOf(listener) === name);
    if (open === undefined) return reset(socket);
    socket.allowHalfOpen = staysHalfOpen(open.listener);
    this.#onConnection(socket, open.listener);
  }

  #close(keys: readonly string[]): void {
    for (const key of keys) {
      const open = this.#open.get(key);
      this.#open.delete(key);
      // Connections outlive their listener, so the callback of `close` is not waited for.
      if (open?.listener.address.kind !== 'systemd') open?.server.close();
    }
  }
}

const nameOf = ({ address }: Listener): string | undefined =>
  address.kind === 'systemd' ? address.name : undefined;

/**
 * A plain client may end its side after the request and still wants the answer. A TLS client that ends has left;
 * half-open, it would be kept until the handshake or idle time-out.
 */
const staysHalfOpen = ({ scheme }: Listener): boolean => scheme === 'http';

function keyOf({ scheme, address }: Listener): string {
  return JSON.stringify([scheme, address]);
}
