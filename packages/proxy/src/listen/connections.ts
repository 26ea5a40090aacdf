// The set of accepted connections, from accept to close, and their bound. It owns each socket until a lane takes it.
import type { Socket } from 'node:net';
import { compileTrust, plainAddress, type Config, type Limits, type Trust } from '@tollgate/core';
import { isPeerGone } from '../connection.ts';
import type { Counters } from '../counters.ts';
import { addressKey } from '../policy/addressKey.ts';
import { reset } from '../reset.ts';
import { DownloadWatch } from './downloadWatch.ts';

/** As the configuration says that there is no limit. */
const UNLIMITED = Number.MAX_SAFE_INTEGER;

export class Connections {
  readonly #open = new Set<Socket>();
  readonly #counters: Counters;
  readonly #onEmpty: (() => void)[] = [];
  readonly #perAddress = new Map<string, number>();
  readonly downloads: DownloadWatch;
  #limits: Limits;
  /** Proxies of ours bring many clients each. */
  #trust: Trust;

  constructor(counters: Counters, config: Config) {
    this.#counters = counters;
    this.downloads = new DownloadWatch(this.#open, counters);
    this.#limits = config.limits;
    this.#trust = compileTrust(config.trustedProxies);
  }

  get size(): number {
    return this.#open.size;
  }

  /** Holds for connections accepted from now on. */
  configure({ limits, trustedProxies }: Config): void {
    this.#limits = limits;
    this.downloads.configure(limits.downloadBytesPerSecond);
    this.#trust = compileTrust(trustedProxies);
  }

  /** Takes the socket in, or closes it with a reset and counts it: an answer would cost what is lacking. */
  admit(socket: Socket): boolean {
    this.#counters.accepted += 1;
    // Node remembers the address from here on, also when the connection is reset later.
    if (isPeerGone(socket)) {
      this.#counters.dropped('peer-gone');
      socket.on('error', ignoreError).destroy();
      return false;
    }
    if (this.#open.size >= this.#limits.connections) {
      this.#counters.overLimit += 1;
      reset(socket);
      return false;
    }
    this.#open.add(socket);
    socket.once('close', () => this.#closed(socket));
    // Without a listener an error between accept and the lane's own would end the process; 'close' follows anyway.
    socket.on('error', ignoreError);
    return this.claim(socket, socket.remoteAddress);
  }

  /** One more connection of the address (of the peer; of whom a PROXY header names), until it closes; false: it was one too many, and is closed. */
  claim(socket: Socket, given: string | undefined): boolean {
    if (this.#limits.connectionsPerAddress === UNLIMITED) return true;
    const address = given === undefined ? undefined : plainAddress(given);
    if (address === undefined || this.#trust(address)) return true;
    const key = addressKey(address);
    const open = this.#perAddress.get(key) ?? 0;
    if (open >= this.#limits.connectionsPerAddress) {
      this.#counters.dropped('over-address-limit');
      reset(socket);
      return false;
    }
    this.#perAddress.set(key, open + 1);
    socket.once('close', () => this.#release(key));
    return true;
  }

  #release(key: string): void {
    const open = this.#perAddress.get(key) ?? 0;
    if (open > 1) this.#perAddress.set(key, open - 1);
    else this.#perAddress.delete(key);
  }

  destroyAll(): void {
    for (const socket of this.#open) socket.destroy();
  }

  /** Resolves when no connection is open; at once when none is. */
  empty(): Promise<void> {
    if (this.#open.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onEmpty.push(resolve));
  }

  #closed(socket: Socket): void {
    this.#open.delete(socket);
    if (this.#open.size > 0) return;
    for (const resolve of this.#onEmpty.splice(0)) resolve();
  }
}

/** A reset by the client is no event: what it did to a request is in that request's record. */
function ignoreError(): void {
  return undefined;
}
