// One HTTP/2 connection of the front: its socket and its session, how long it may rest, and when it has to leave.
import type { Socket } from 'node:net';
import type { Config } from '@tollgate/core';
import type { ClientConnection } from '../../connection.ts';
import type { Counters } from '../../counters.ts';
import type { Generation } from '../../generation.ts';
import type { Turn } from '../../h2/output.ts';
import { H2Session, type SessionDrop, type SessionHost } from '../../h2/session.ts';
import type { H2Stream } from '../../h2/stream.ts';
import type { DownloadWatch } from '../../listen/downloadWatch.ts';
import { Deadline, type TimerWheel } from '../../pool/wheel.ts';
import { reset } from '../../reset.ts';
import type { Askers } from '../wire/outgoing.ts';
import { readShared } from '../wire/sharedRead.ts';

/** How long a drain waits for the first request of a connection that has just been made. */
const FIRST_REQUEST_MS = 1000;

/** What a connection needs of its lane. */
export interface ConnectionHost {
  readonly turn: Turn;
  readonly wheel: TimerWheel;
  readonly config: Config;
  readonly counters: Counters;
  readonly draining: boolean;
  readonly downloads: DownloadWatch;
  askers(facts: ClientConnection, generation: Generation): Askers;
  serve(stream: H2Stream, connection: H2Connection): void;
  closed(connection: H2Connection): void;
}

/** The connection as whoever answers one of its streams sees it. */
export interface ConnectionStreams {
  readonly facts: ClientConnection;
  askers(generation: Generation): Askers;
}

export class H2Connection implements SessionHost, ConnectionStreams {
  readonly facts: ClientConnection;
  readonly turn: Turn;
  readonly #host: ConnectionHost;
  readonly #socket: Socket;
  readonly #session: H2Session;
  /** Of a client that asks for nothing: the time of a request head first, the keep-alive time between requests. */
  readonly #rest: Deadline;
  #requests = 0;
  /** When the last stream ended. */
  #unsentBytes = 0;
  /** Who asks, by the rules of one generation. */
  #asking: { readonly generation: Generation; readonly askers: Askers } | undefined = undefined;

  constructor(host: ConnectionHost, socket: Socket, facts: ClientConnection) {
    const { limits, timeouts } = host.config;
    this.#host = host;
    this.#socket = socket;
    this.facts = facts;
    this.turn = host.turn;
    this.#session = new H2Session(socket, this, {
      streams: limits.h2Streams,
      headerListBytes: limits.h2HeaderListBytes,
      headerCount: limits.headerCount,
      resetsPer10s: limits.h2ResetsPer10s,
    });
    this.#rest = this.deadline(() => this.#rested());
    this.#rest.set(host.draining ? FIRST_REQUEST_MS : timeouts.requestHeaderMs);
  }

  start(firstBytes: Buffer | undefined): void {
    const socket = this.#socket;
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#session.ended());
    // Sockets are accepted half-open, for HTTP/1.1; who ends an HTTP/2 connection has left.
    socket.on('end', () => this.#session.clientEnded());
    this.#host.downloads.ask(socket, () => this.#session.holdsBack);
    this.#session.start();
    const early: unknown = socket.read();
    readShared(socket, (bytes, length) => this.#session.read(bytes, length));
    if (firstBytes !== undefined) this.#session.read(firstBytes, firstBytes.length);
    if (early instanceof Buffer) this.#session.read(early, early.length);
  }

  deadline(onDue: () => void): Deadline {
    return new Deadline(this.#host.wheel, onDue);
  }

  askers(generation: Generation): Askers {
    if (this.#asking?.generation !== generation)
      this.#asking = { generation, askers: this.#host.askers(this.facts, generation) };
    return this.#asking.askers;
  }

  begin(stream: H2Stream): void {
    this.#requests += 1;
    const host = this.#host;
    if (host.draining || this.#requests >= host.config.limits.requestsPerConnection) this.#session.leave();
    host.serve(stream, this);
  }

  idle(): void {
    const { keepAliveMs, responseIdleMs } = this.#host.config.timeouts;
    this.#unsentBytes = this.#session.unsentBytes;
    this.#rest.set(this.#unsentBytes > 0 ? Math.min(keepAliveMs, responseIdleMs) : keepAliveMs);
  }

  /** Not even the end of a stream gets through to a client that takes nothing: the kernel would keep what it has got. */
  #rested(): void {
    const { activeStreams, unsentBytes } = this.#session;
    if (activeStreams > 0) return;
    if (this.#unsentBytes === 0) this.#session.leaveNow();
    else if (unsentBytes < this.#unsentBytes) this.idle();
    else reset(this.#socket);
  }

  dropped(what: SessionDrop): void {
    if (what === 'resets') this.#host.counters.h2ResetFloods += 1;
    else this.#host.counters.dropped(`h2-${what}`);
  }

  /** Who has not asked yet may do so once: a GOAWAY before the first request fails it, and many clients do not try again. */
  drain(): void {
    if (this.#requests > 0) this.#session.leave();
    else this.#rest.set(FIRST_REQUEST_MS);
  }

  destroy(): void {
    this.#session.destroy();
  }

  closed(): void {
    this.#rest.remove();
    this.#host.closed(this);
  }
}
