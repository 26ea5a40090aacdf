// HTTP/2 by Node's server over accepted TLS sockets, with the bounds that Node leaves open: streams, resets, idle time.
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  constants,
  createServer,
  type IncomingHttpHeaders,
  type Http2Server,
  type Http2Session,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from 'node:http2';
import type { Socket } from 'node:net';
import type { Config, Timeouts } from '@tollgate/core';
import type { ClientConnection } from '../../connection.ts';
import type { LaneContext } from '../lane.ts';
import type { Background } from './background.ts';
import { reset } from '../../reset.ts';
import { Exchange } from './exchange.ts';
import { H2Request } from './request.ts';
import { H2Response } from './response.ts';
import { ResetCount } from './resetCount.ts';
import { serve } from './serve.ts';
import { LOOK_EVERY_MS, SlowReaders, type Reader } from './slowReaders.ts';
import { UnseenStreams } from './unseenStreams.ts';
import { UploadWatch } from './uploadWatch.ts';

/** Of one session: header block in work, streams, buffers. Node's default, said aloud. */
const SESSION_MEMORY_MB = 10;
const MAX_OUTSTANDING_PINGS = 10;
/**
 * What a client may send ahead, on one stream and on all together. The protocol's 64 KB hold an upload over a line of
 * 100 ms to 640 KB/s; the second number is also the most that slow targets make the front hold for one connection.
 */
const STREAM_WINDOW_BYTES = 256 * 1024;
const CONNECTION_WINDOW_BYTES = 1024 * 1024;
/** How long a drain waits for the first request of a connection that has just been made. */
const FIRST_REQUEST_MS = 1000;
/** At each so many looks the streams are counted that nobody saw: it is a call into Node for each connection. */
const UNSEEN_EVERY = 10;
/** Frames against the protocol before the session is closed. */
const MAX_INVALID_FRAMES = 100;

/** Takes streams that need not go through Node's request and response. */
export interface StreamTaker {
  /** `undefined`: not this one; else it is being answered, and this says whether the front has failed it. */
  take(
    stream: ServerHttp2Stream,
    rawHeaders: readonly string[],
    facts: ClientConnection,
  ): { readonly failure: unknown } | undefined;
}

interface Held {
  readonly connection: ClientConnection;
  readonly socket: Socket;
  readonly resets: ResetCount;
  /** `undefined`: another lane's, with deadlines of its own. */
  readonly exchanges: Map<ServerHttp2Stream, Exchange | undefined>;
  readonly unseen: UnseenStreams;
  /** Streams over the connection's life. */
  requests: number;
}

type H2 = Http2Server<typeof IncomingMessage, typeof ServerResponse, typeof H2Request, typeof H2Response>;

export class H2Server {
  readonly #context: LaneContext;
  readonly #background: Background;
  readonly #held = new Map<Socket, Held>();
  readonly #sessions = new Map<Http2Session, Held>();
  readonly #uploads = new UploadWatch();
  readonly #streams: StreamTaker | undefined;
  #config: Config;
  #server: H2;
  #accepting: Held | undefined;
  #draining = false;
  #readers: SlowReaders;
  #looks: NodeJS.Timeout | undefined;
  #looked = 0;

  constructor(context: LaneContext, background: Background, streams?: StreamTaker) {
    this.#context = context;
    this.#background = background;
    this.#streams = streams;
    this.#config = context.current().config;
    this.#readers = new SlowReaders(this.#config);
    this.#server = this.#createServer();
    this.configure(this.#config);
  }

  get active(): number {
    return this.#held.size;
  }

  /** Node fixes the settings of a server when it is made, so it is made anew; open sessions stay with theirs. */
  configure(config: Config): void {
    this.#config = config;
    this.#uploads.configure(config);
    this.#readers = new SlowReaders(config);
    this.#server = this.#createServer();
  }

  accept(socket: Socket, connection: ClientConnection, firstBytes?: Buffer): void {
    const { h2ResetsPer10s } = this.#config.limits;
    const held: Held = {
      connection,
      socket,
      resets: new ResetCount(h2ResetsPer10s),
      exchanges: new Map(),
      unseen: new UnseenStreams(),
      requests: 0,
    };
    this.#held.set(socket, held);
    this.#context.downloads.ask(socket, () => holdsBack(held));
    socket.once('close', () => this.#held.delete(socket));
    // Sockets are accepted half-open, for HTTP/1.1; a session never sees such an end, and would wait for ever.
    socket.once('end', () => socket.end());
    if (firstBytes !== undefined && firstBytes.length > 0) socket.unshift(firstBytes);
    // Node makes the session inside this call; it is how the session learns which connection it is.
    this.#accepting = held;
    this.#server.emit('connection', socket);
    this.#accepting = undefined;
  }

  /** GOAWAY: the client opens no further streams; the session closes after the last one. Who has not asked yet may do so once. */
  drain(): void {
    this.#draining = true;
    for (const [session, { requests }] of this.#sessions) {
      if (requests > 0) session.close();
      else closeUnlessAsked(session);
    }
  }

  destroy(): void {
    for (const session of this.#sessions.keys()) session.destroy();
    for (const socket of this.#held.keys()) socket.destroy();
    this.#uploads.stop();
    clearInterval(this.#looks);
  }

  #createServer(): H2 {
    const server: H2 = createServer(sessionOptions(this.#config));
    // Never listens and has no sessions: it makes request and response of the streams that are passed to it.
    const compatible: H2 = createServer({ Http2ServerRequest: H2Request, Http2ServerResponse: H2Response });
    compatible.on('request', (request, response) => this.#serve(request, response));
    compatible.on('checkContinue', (request, response) => this.#serve(request, response));
    compatible.on('checkExpectation', (request, response) => this.#serve(request, response));
    compatible.on('connect', (request: H2Request, response: H2Response) => this.#serve(request, response));
    server.on('session', (session) => this.#begin(session));
    server.on(
      'stream',
      (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags: number, rawHeaders: string[]) => {
        if (!this.#taken(stream, rawHeaders)) compatible.emit('stream', stream, headers, flags, rawHeaders);
      },
    );
    return server;
  }

  #taken(stream: ServerHttp2Stream, rawHeaders: readonly string[]): boolean {
    const { session } = stream;
    const held = session === undefined ? undefined : this.#sessions.get(session);
    if (held === undefined || session === undefined) return false;
    const taken = this.#streams?.take(stream, rawHeaders, held.connection);
    if (taken === undefined) return false;
    this.#hold(held, session, stream);
    stream.once('close', () => {
      held.exchanges.delete(stream);
      this.#countReset(held, taken, stream);
    });
    return true;
  }

  #hold(held: Held, session: Http2Session, stream: ServerHttp2Stream, exchange?: Exchange): void {
    held.exchanges.set(stream, exchange);
    held.requests += 1;
    held.unseen.saw(stream.id);
    if (held.requests === 1) session.setTimeout(this.#config.timeouts.keepAliveMs);
    const last = this.#draining || held.requests >= this.#config.limits.requestsPerConnection;
    if (last) session.close();
  }

  #begin(session: ServerHttp2Session): void {
    const held = this.#accepting;
    if (held === undefined) {
      session.destroy();
      return;
    }
    this.#sessions.set(session, held);
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    session.once('close', () => {
      this.#sessions.delete(session);
      held.socket.destroy();
    });
    session.on('error', (error) => {
      // All else that goes wrong is in the records of its streams.
      if (isAgainstProtocol(error)) this.#context.counters.dropped('h2-protocol-error');
      session.destroy();
    });
    session.on('frameError', () => session.destroy());
    // Before Node's own listener and before the session is closed for its silence: afterwards it tells nothing.
    session.on('timeout', () => this.#countUnseen(session, held));
    held.socket.prependOnceListener('close', () => this.#countUnseen(session, held));
    this.#looks ??= setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
    closeWhenIdle(session, held, this.#config.timeouts);
    if (this.#draining) closeUnlessAsked(session);
  }

  #serve(request: H2Request, response: H2Response): void {
    const { stream } = response;
    const { session } = stream;
    const held = session === undefined ? undefined : this.#sessions.get(session);
    if (held === undefined || session === undefined) {
      stream.destroy();
      return;
    }
    const generation = this.#context.current();
    const exchange = new Exchange(this.#context, generation, held.connection, request, response);
    this.#hold(held, session, stream, exchange);
    stream.once('close', () => this.#end(held, exchange, stream));
    whenStalled(stream, this.#config.timeouts.responseIdleMs, () => this.#dropReader(stream));
    serve(exchange, generation, this.#context, this.#background);
    if (exchange.bodyPending) this.#uploads.watch(exchange);
  }

  #end(held: Held, exchange: Exchange, stream: ServerHttp2Stream): void {
    held.exchanges.delete(stream);
    exchange.closed(stream.writableFinished && stream.rstCode === constants.NGHTTP2_NO_ERROR);
    this.#countReset(held, exchange, stream);
  }

  #countReset(held: Held, { failure }: { readonly failure: unknown }, stream: ServerHttp2Stream): void {
    if (!stream.aborted || failure !== undefined) return;
    // Rapid reset (CVE-2023-44487): opening and resetting costs the client nothing and the targets much.
    if (held.resets.tooMany()) this.#punish(held);
  }

  #look(): void {
    this.#looked += 1;
    for (const [session, held] of this.#sessions) {
      if (held.exchanges.size > 0)
        this.#readers.look(readersOf(held), {
          tooSlow: (stream) => this.#dropReader(stream),
          dead: () => reset(held.socket),
        });
      if (this.#looked % UNSEEN_EVERY === 0) this.#countUnseen(session, held);
    }
  }

  #dropReader(stream: ServerHttp2Stream): void {
    this.#context.counters.dropped('slow-reader');
    stream.close(constants.NGHTTP2_CANCEL);
  }

  #countUnseen(session: Http2Session, held: Held): void {
    let tooMany = false;
    for (let count = held.unseen.take(session); count > 0; count--) {
      this.#context.counters.dropped('h2-headers-too-large');
      tooMany = held.resets.tooMany();
    }
    if (tooMany) this.#punish(held);
  }

  #punish(held: Held): void {
    for (const [session, of] of this.#sessions) {
      if (of !== held || session.destroyed) continue;
      session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM);
      session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
      this.#context.counters.h2ResetFloods += 1;
    }
  }
}

/**
 * A GOAWAY before the first request fails it, and many clients do not try again: what was connected for is on its way.
 * (Node cannot announce a GOAWAY ahead, as RFC 9113 section 6.8 would have it.)
 */
function closeUnlessAsked(session: Http2Session): void {
  const timer = setTimeout(() => session.close(), FIRST_REQUEST_MS);
  session.once('close', () => clearTimeout(timer));
}

/** Bytes wait for the client to open its windows. */
function holdsBack({ exchanges }: Held): boolean {
  for (const stream of exchanges.keys()) if (stream.writableLength > 0) return true;
  return false;
}

/** A client that asks for nothing has the time of a request head first, and the keep-alive time between requests. */
function closeWhenIdle(session: ServerHttp2Session, held: Held, timeouts: Timeouts): void {
  session.setTimeout(timeouts.requestHeaderMs);
  // Given to `setTimeout`, the listener would be called once only, and that may be during a long request.
  session.on('timeout', () => {
    if (held.exchanges.size === 0) session.close();
    else session.setTimeout(timeouts.keepAliveMs);
  });
}

/** A stream that waits for its target is left to the target's time-outs; the next silence is looked at again. */
function whenStalled(stream: ServerHttp2Stream, idleMs: number, stalled: () => void): void {
  stream.setTimeout(idleMs);
  stream.on('timeout', () => {
    if (stream.writableLength > 0) stalled();
    else stream.setTimeout(idleMs);
  });
}

/** nghttp2 gives the connection up; not so when the client does. */
const isAgainstProtocol = (error: Error): boolean => 'code' in error && error.code === 'ERR_HTTP2_ERROR';

function* readersOf({ exchanges }: Held): Generator<Reader> {
  for (const [stream, exchange] of exchanges) yield { stream, given: exchange?.bytesOut };
}

function sessionOptions({ limits }: Config): ServerOptions {
  return {
    settings: {
      maxConcurrentStreams: limits.h2Streams,
      maxHeaderListSize: limits.h2HeaderListBytes,
      initialWindowSize: STREAM_WINDOW_BYTES,
      enablePush: false,
      enableConnectProtocol: false,
    },
    // Four pseudo-headers, and the one too many that the gate refuses.
    maxHeaderListPairs: limits.headerCount + 5,
    maxSessionMemory: SESSION_MEMORY_MB,
    maxOutstandingPings: MAX_OUTSTANDING_PINGS,
    maxSessionInvalidFrames: MAX_INVALID_FRAMES,
    strictFieldWhitespaceValidation: true,
  };
}
