// The sockets of one upstream server, idle ones newest first. Last in, first out keeps few sockets warm and lets the
// rest grow old together, so that load which falls gives its sockets back.
import { UpstreamSocket, type UpstreamUser } from './socket.ts';
import type { UpstreamEndpoint } from './endpoint.ts';
import type { TimerWheel } from './wheel.ts';

export interface PoolLimits {
  /** Idle sockets kept. */
  readonly idleSockets: number;
  /** Sockets open at once, busy ones too; beyond it a request is refused. */
  readonly sockets: number;
  /** Longest idle time, in milliseconds; the upstream's `Keep-Alive: timeout=` can lower it. */
  readonly idleMs: number;
  /** Idle sockets made ahead of need, as long as requests come. */
  readonly warm: number;
}

export interface PoolCounts {
  readonly open: number;
  readonly idle: number;
  readonly opened: number;
  readonly reused: number;
  readonly refused: number;
}

/** The upstream's clock started when its answer left, ours when it came: stay this much below its time-out. */
const SAFETY_MS = 1000;

export class UpstreamPool {
  readonly #endpoint: UpstreamEndpoint;
  readonly #limits: PoolLimits;
  readonly #wheel: TimerWheel;
  readonly #idle: UpstreamSocket[] = [];
  readonly #all = new Set<UpstreamSocket>();
  /** Opened for nobody and not ready yet. */
  readonly #warming = new Set<UpstreamSocket>();
  /** What the server last said of its own patience. */
  #patienceMs = Number.POSITIVE_INFINITY;
  #closing = false;
  #opened = 0;
  #reused = 0;
  #refused = 0;

  constructor(endpoint: UpstreamEndpoint, limits: PoolLimits, wheel: TimerWheel) {
    this.#endpoint = endpoint;
    this.#limits = limits;
    this.#wheel = wheel;
  }

  get counts(): PoolCounts {
    return {
      open: this.#all.size,
      idle: this.#idle.length,
      opened: this.#opened,
      reused: this.#reused,
      refused: this.#refused,
    };
  }

  /** An idle socket, or a new one that may still be connecting (it takes writes); `undefined` when there are too many. */
  borrow(user: UpstreamUser): UpstreamSocket | undefined {
    const idle = this.#idle.pop();
    if (idle === undefined) return this.borrowNew(user);
    // The wheel is too coarse for a time-out of a second; the newest being too old, so are all.
    if (performance.now() >= idle.restsUntil) {
      idle.destroy();
      for (const older of this.#idle.splice(0)) older.destroy();
      return this.borrowNew(user);
    }
    this.#reused++;
    idle.take(user);
    return idle;
  }

  /** A socket nobody used before: for the retry of a request that an idle socket lost. */
  borrowNew(user: UpstreamUser, preface?: Buffer): UpstreamSocket | undefined {
    if (this.#all.size >= this.#limits.sockets) {
      this.#refused++;
      return undefined;
    }
    const socket = this.#open(preface);
    socket.take(user);
    return socket;
  }

  #open(preface?: Buffer): UpstreamSocket {
    const socket = new UpstreamSocket(this, this.#endpoint, this.#wheel, preface);
    this.#all.add(socket);
    this.#opened++;
    return socket;
  }

  released(socket: UpstreamSocket, keepAliveMs: number | undefined): void {
    this.#patienceMs = ownPatience(keepAliveMs);
    this.#rest(socket);
    if (this.#limits.warm > 0) this.#warmUp();
  }

  warmed(socket: UpstreamSocket): void {
    this.#warming.delete(socket);
    this.#rest(socket);
  }

  #rest(socket: UpstreamSocket): void {
    const idleMs = Math.min(this.#limits.idleMs, this.#patienceMs);
    if (this.#closing || idleMs <= 0 || this.#idle.length >= this.#limits.idleSockets) {
      socket.destroy();
      return;
    }
    this.#idle.push(socket);
    socket.rest(idleMs);
  }

  /** Only after an answer: a server that does not answer is not made to accept connections as well. */
  #warmUp(): void {
    const { warm, sockets } = this.#limits;
    while (!this.#closing && this.#idle.length + this.#warming.size < warm && this.#all.size < sockets)
      this.#warming.add(this.#open());
  }

  closed(socket: UpstreamSocket): void {
    this.#all.delete(socket);
    this.#warming.delete(socket);
    const index = this.#idle.lastIndexOf(socket);
    if (index >= 0) this.#idle.splice(index, 1);
  }

  /** Ends the idle sockets now and the busy ones as their exchanges end. */
  close(): void {
    this.#closing = true;
    for (const socket of this.#warming) socket.destroy();
    for (const socket of this.#idle.splice(0)) socket.destroy();
  }
}

/** A time-out of a second or two leaves no second to spare: then half of it. */
const ownPatience = (keepAliveMs: number | undefined): number =>
  keepAliveMs === undefined
    ? Number.POSITIVE_INFINITY
    : Math.max(keepAliveMs - SAFETY_MS, Math.floor(keepAliveMs / 2));
