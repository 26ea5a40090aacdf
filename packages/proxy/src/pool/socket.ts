// One connection to an upstream server. It has one user at a time; it is reused only when its user says that the
// exchange ended cleanly, and any byte, error or end that comes while it is idle ends it.
import type { Socket } from 'node:net';
import { UpstreamFailure } from '../upstream/failure.ts';
import { Deadline, type TimerWheel } from './wheel.ts';
import type { UpstreamEndpoint } from './endpoint.ts';
import { openSocket } from './open.ts';

/** Whoever has borrowed the socket. The bytes of `upstreamData` are valid during the call only. */
export interface UpstreamUser {
  upstreamData(bytes: Buffer, length: number): void;
  /** The upstream will send no more. The socket is still to be given up by its user. */
  upstreamEnd(): void;
  /** The socket is gone, for this reason; not called after the user gave it up. */
  upstreamFailed(error: Error): void;
  /** What was written has left; go on after a `write` that said false. */
  upstreamDrain(): void;
  /** The connection is made, if it was not when the socket was lent. */
  upstreamConnected(): void;
}

/** The socket as its user sees it. */
export interface UpstreamLink {
  /** It has been idle: its failure may only mean that it was so for too long. */
  readonly rested: boolean;
  readonly connected: boolean;
  /** Since the user took it: false means that a request which failed here was not answered at all. */
  readonly answered: boolean;
  /** Strings are latin1. False when the user should wait for `upstreamDrain`. */
  write(chunk: string | Buffer): boolean;
  pause(): void;
  resume(): void;
  /** Given back after a clean exchange; `keepAliveMs` is what the upstream said of its own patience. */
  release(keepAliveMs: number | undefined): void;
  destroy(): void;
}

/** The pool's side of a socket's life. */
interface SocketOwner {
  released(socket: UpstreamSocket, keepAliveMs: number | undefined): void;
  /** It was opened for nobody, and is ready. */
  warmed(socket: UpstreamSocket): void;
  closed(socket: UpstreamSocket): void;
}

const READ_BYTES = 64 * 1024;
/** Every upstream socket reads into this: a read is dealt with before the next one happens. */
const readBuffer = Buffer.allocUnsafeSlow(READ_BYTES);

export class UpstreamSocket implements UpstreamLink {
  connected = false;
  answered = false;
  user: UpstreamUser | undefined;
  /** While idle: when it must not be used any more, on the monotonic clock in milliseconds. */
  restsUntil = 0;
  readonly #owner: SocketOwner;
  readonly #socket: Socket;
  readonly #deadline: Deadline;
  #ended = false;
  #closed = false;

  /** `preface`: what the connection begins with. */
  constructor(owner: SocketOwner, endpoint: UpstreamEndpoint, wheel: TimerWheel, preface?: Buffer) {
    this.#owner = owner;
    this.#socket = this.#open(endpoint, preface);
    this.#deadline = new Deadline(wheel, () => this.#due());
    this.#deadline.set(endpoint.connectMs);
  }

  #open(endpoint: UpstreamEndpoint, preface: Buffer | undefined): Socket {
    const onread = {
      buffer: readBuffer,
      callback: (length: number): boolean => {
        this.#read(readBuffer, length);
        return true;
      },
    };
    const socket = openSocket(endpoint, preface, onread);
    socket.setNoDelay(true);
    socket.on(endpoint.tls ? 'secureConnect' : 'connect', () => this.#connect());
    if (endpoint.tls) socket.on('session', (session: Buffer) => endpoint.keepSession(session));
    socket.on('drain', () => this.user?.upstreamDrain());
    // Above a socket that is open already Node reads into no buffer of ours.
    if (endpoint.tls && preface) socket.on('data', (chunk: Buffer) => this.#read(chunk, chunk.length));
    socket.on('end', () => this.#end());
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('upstream closed the connection')));
    return socket;
  }

  get rested(): boolean {
    return this.restsUntil > 0;
  }

  /** True while it may still carry a request. */
  get usable(): boolean {
    return !this.#closed && !this.#ended;
  }

  take(user: UpstreamUser): void {
    this.user = user;
    this.answered = false;
    if (this.connected) this.#deadline.clear();
  }

  write(chunk: string | Buffer): boolean {
    return typeof chunk === 'string' ? this.#socket.write(chunk, 'latin1') : this.#socket.write(chunk);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  release(keepAliveMs: number | undefined): void {
    this.user = undefined;
    // Whatever came while it was not read from is not known.
    if (!this.usable || this.#socket.writableLength > 0 || this.#socket.isPaused()) this.destroy();
    else this.#owner.released(this, keepAliveMs);
  }

  /** Waits for the next user for so long. */
  rest(idleMs: number): void {
    this.restsUntil = performance.now() + idleMs;
    this.#deadline.set(idleMs);
  }

  destroy(): void {
    this.user = undefined;
    this.#close();
    this.#socket.destroy();
  }

  #connect(): void {
    this.connected = true;
    this.#deadline.clear();
    if (this.user === undefined) this.#owner.warmed(this);
    else this.user.upstreamConnected();
  }

  #read(bytes: Buffer, length: number): void {
    if (this.user === undefined) {
      this.destroy();
      return;
    }
    this.answered = true;
    this.user.upstreamData(bytes, length);
  }

  #end(): void {
    this.#ended = true;
    if (this.user === undefined) this.destroy();
    else this.user.upstreamEnd();
  }

  #fail(error: Error): void {
    const { user } = this;
    this.destroy();
    user?.upstreamFailed(error);
  }

  #due(): void {
    if (this.connected) this.destroy();
    else this.#fail(new UpstreamFailure('upstream-connect-timeout', 'no connection in time'));
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#deadline.remove();
    this.#owner.closed(this);
  }
}
