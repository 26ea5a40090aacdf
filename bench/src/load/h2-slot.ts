// HTTP/2 by node:http2: slots are streams, and those of one connection share its session.
import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { Dialer } from './dialer.ts';
import { phaseOfError, phaseOfFin, phaseOfTimeout, type Stage } from './failure.ts';
import { authorityOf } from './request.ts';
import type { Slot, SlotOwner } from './slot.ts';
import type { ErrorPhase, LoadSpec } from './spec.ts';

export class H2Connection {
  readonly #spec: LoadSpec;
  readonly #dialer: Dialer;
  #session: ClientHttp2Session | null = null;
  #socket: Socket | null = null;
  #stage: Stage = 'connecting';

  constructor(spec: LoadSpec, dialer: Dialer) {
    this.#spec = spec;
    this.#dialer = dialer;
  }

  get stage(): Stage {
    return this.#stage;
  }

  session(): ClientHttp2Session {
    const open = this.#session;
    return open === null || open.closed || open.destroyed ? this.#open() : open;
  }

  /** Ends the session; streams under way go with it. */
  close(): void {
    this.#session?.destroy();
    this.#session = null;
  }

  /** No further stream: GOAWAY, and the connection closes behind its last one. */
  retire(): void {
    this.#session?.close();
    this.#session = null;
  }

  #open(): ClientHttp2Session {
    this.#stage = 'connecting';
    const reach = (stage: Stage): void => {
      if (this.#socket === socket) this.#stage = stage;
    };
    const socket = this.#dialer.dial({
      connected: () => reach('handshake'),
      ready: () => reach('waiting'),
    });
    this.#socket = socket;
    const session = connect(`${this.#spec.scheme}://${authorityOf(this.#spec)}`, {
      createConnection: () => socket,
      settings: { enablePush: false },
    });
    // Each stream reports the failure itself.
    session.on('error', () => {});
    this.#session = session;
    return session;
  }
}

export class H2Slot implements Slot {
  dueMs = 0;
  sentMs = 0;
  readonly #spec: LoadSpec;
  readonly #owner: SlotOwner;
  readonly #connection: H2Connection;
  readonly #headers: Readonly<Record<string, string>>;
  #stream: ClientHttp2Stream | null = null;
  #status = 0;
  #bodyBytes = 0;

  constructor(spec: LoadSpec, owner: SlotOwner, connection: H2Connection) {
    this.#spec = spec;
    this.#owner = owner;
    this.#connection = connection;
    this.#headers = { ':path': spec.path, ':authority': authorityOf(spec), ...spec.headers };
  }

  begin(dueMs: number, nowMs: number): void {
    this.dueMs = dueMs;
    this.sentMs = nowMs;
    this.#status = 0;
    this.#bodyBytes = 0;
    const stream = this.#connection.session().request(this.#headers);
    this.#stream = stream;
    stream.on('response', (headers) => {
      this.#status = headers[':status'] ?? 0;
    });
    stream.on('data', (chunk: Buffer) => {
      this.#bodyBytes += chunk.length;
      this.#owner.read(chunk.length);
    });
    let failure: ErrorPhase | null = null;
    stream.on('error', (error) => {
      failure = phaseOfError(error, this.#reached());
    });
    stream.on('end', () => this.#over(stream, failure));
    stream.on('close', () => this.#over(stream, failure ?? phaseOfFin(this.#reached())));
  }

  expire(nowMs: number): void {
    const stream = this.#stream;
    if (stream === null || nowMs - this.sentMs < this.#spec.timeoutMs) return;
    const stage = this.#reached();
    this.#stream = null;
    stream.close(constants.NGHTTP2_CANCEL);
    // A connection that never came to be would hold its next streams for as long again.
    if (stage === 'connecting' || stage === 'handshake') this.#connection.close();
    this.#finish(phaseOfTimeout(stage));
  }

  close(): void {
    this.#stream = null;
    this.#connection.close();
  }

  #reached(): Stage {
    return this.#status === 0 ? this.#connection.stage : 'reading';
  }

  #over(stream: ClientHttp2Stream, failure: ErrorPhase | null): void {
    if (this.#stream !== stream) return;
    this.#stream = null;
    this.#finish(failure ?? (stream.rstCode === constants.NGHTTP2_NO_ERROR ? this.#judge() : 'reset'));
  }

  #judge(): ErrorPhase | null {
    const { expectStatus, expectBodyBytes } = this.#spec;
    if (this.#status === 0) return 'fin';
    if (this.#status !== expectStatus) return 'status';
    return expectBodyBytes === undefined || expectBodyBytes === this.#bodyBytes ? null : 'body';
  }

  #finish(failure: ErrorPhase | null): void {
    if (this.#spec.mode !== 'keepalive') this.#connection.retire();
    this.#owner.ended(this, failure, this.#owner.now());
  }
}
