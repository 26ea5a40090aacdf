// HTTP/1.1 by Node's server, which never listens: it is fed accepted sockets, fresh or handed over with first bytes.
import { createServer, type Server } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Config } from '@tollgate/core';
import type { ClientConnection } from '../../connection.ts';
import type { Generation } from '../../generation.ts';
import type { LaneContext } from '../lane.ts';
import { reset } from '../../reset.ts';
import { answerClientError, isParserError } from './clientError.ts';
import type { Background } from './background.ts';
import { Exchange } from './exchange.ts';
import { H1Request } from './request.ts';
import { H1Response } from './response.ts';
import { asksToUpgrade, serve, serveUpgrade } from './serve.ts';
import { UploadWatch } from './uploadWatch.ts';

/** Node's default of 30 s would let a header time-out of 10 s last 40. */
const CHECK_EVERY_MS = 1000;
/** Beyond the two limits that the gate judges: the request line's other parts and the line ends. */
const HEAD_SLACK_BYTES = 1024;

/** A head that is arriving when the drain begins has at least as long to arrive. */
const DRAIN_SWEEP_MS = 1000;

const NO_BYTES = Buffer.alloc(0);

/** One connection and what is under way on it: more than one exchange only when the client pipelines. */
interface Held {
  readonly connection: ClientConnection;
  readonly exchanges: Set<Exchange>;
  /** Over the connection's life. */
  requests: number;
  /** An answer ends the connection: what the parser still finds in the bytes behind it is not served. */
  ending: boolean;
}

export class H1Server {
  readonly #context: LaneContext;
  readonly #background: Background;
  readonly #server: Server<typeof H1Request, typeof H1Response>;
  readonly #held = new Map<Socket, Held>();
  readonly #uploads = new UploadWatch();
  #draining = false;
  #sweep: NodeJS.Timeout | undefined;
  #requestLimit = Number.POSITIVE_INFINITY;

  constructor(context: LaneContext, background: Background) {
    this.#context = context;
    this.#background = background;
    this.#server = this.#createServer();
    this.configure(context.current().config);
    // Node starts its header time-out checks when it listens; this server never does.
    this.#server.emit('listening');
  }

  get active(): number {
    return this.#held.size;
  }

  configure(config: Config): void {
    const { limits, timeouts } = config;
    const server = this.#server;
    // The gate tells 414 from 431; Node's limit is the outer bound. Its type leaves the property out.
    Object.assign(server, { maxHeaderSize: limits.headerBytes + limits.targetBytes + HEAD_SLACK_BYTES });
    // Node silently drops the fields above its count: the one too many must reach the gate.
    server.maxHeadersCount = limits.headerCount + 1;
    server.headersTimeout = timeouts.requestHeaderMs;
    // No total cap: a large upload over a slow line is no attack. Idle time and rate are watched instead.
    server.requestTimeout = 0;
    server.keepAliveTimeout = timeouts.keepAliveMs;
    this.#requestLimit = limits.requestsPerConnection;
    server.timeout = timeouts.responseIdleMs;
    this.#uploads.configure(config);
  }

  accept(socket: Socket, connection: ClientConnection, firstBytes?: Buffer): void {
    this.#held.set(socket, { connection, exchanges: new Set(), requests: 0, ending: false });
    socket.once('close', () => this.#held.delete(socket));
    if (firstBytes !== undefined && firstBytes.length > 0) socket.unshift(firstBytes);
    this.#server.emit('connection', socket);
    // A socket that another lane has paused does not start to flow by itself.
    if (socket.isPaused()) socket.resume();
  }

  drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    for (const { exchanges } of this.#held.values()) {
      for (const exchange of exchanges) exchange.drain();
    }
    this.#server.closeIdleConnections();
    // Node does not count one as idle that has not asked for anything yet; a browser keeps some of those.
    this.#sweep = setInterval(() => this.#closeUnused(), DRAIN_SWEEP_MS);
  }

  #closeUnused(): void {
    for (const [socket, { exchanges }] of this.#held) if (exchanges.size === 0) socket.destroySoon();
  }

  destroy(): void {
    clearInterval(this.#sweep);
    for (const socket of this.#held.keys()) socket.destroy();
    this.#uploads.stop();
    this.#server.close();
  }

  #createServer(): Server<typeof H1Request, typeof H1Response> {
    const server = createServer({
      IncomingMessage: H1Request,
      ServerResponse: H1Response,
      connectionsCheckingInterval: CHECK_EVERY_MS,
      insecureHTTPParser: false,
      // The gate refuses a request without Host, with a record.
      requireHostHeader: false,
      shouldUpgradeCallback: (request) => this.#asksToUpgrade(request),
    });
    server.on('request', (request, response) => this.#serve(request, response));
    server.on('checkContinue', (request, response) => this.#serve(request, response));
    server.on('checkExpectation', (request, response) => this.#serve(request, response));
    server.on('upgrade', (request, _socket, head) => this.#upgrade(request, head));
    // The gate refuses CONNECT; Node only has an event of its own for it.
    server.on('connect', (request) => this.#upgrade(request, NO_BYTES));
    server.on('clientError', (error, socket) => this.#clientError(error, socket));
    server.on('timeout', (socket) => this.#idle(socket));
    return server;
  }

  #serve(request: H1Request, response: H1Response): void {
    const held = this.#held.get(request.socket);
    // What a client pipelines after the request whose answer ends its connection is not served (RFC 9112 9.6): behind a
    // refused head it is the other half of an attack (11.2).
    if (held === undefined || held.ending || !request.socket.writable) return;
    const generation = this.#context.current();
    const exchange = this.#begin(held, generation, request, response);
    response.once('close', () => this.#end(held, exchange, response.writableFinished));
    serve(exchange, generation, this.#context, this.#background);
    held.ending = exchange.closing;
    if (exchange.bodyPending) this.#uploads.watch(exchange);
  }

  #begin(held: Held, generation: Generation, request: H1Request, response: H1Response): Exchange {
    const exchange = new Exchange(this.#context, generation, held.connection, request, response);
    held.requests += 1;
    // Node's own count only says `close` and then answers 503 to a client that goes on.
    exchange.closing = this.#draining || held.requests >= this.#requestLimit;
    held.exchanges.add(exchange);
    return exchange;
  }

  #end(held: Held, exchange: Exchange, finished: boolean): void {
    held.exchanges.delete(exchange);
    exchange.closed(finished);
    // An answer whose head was out when the drain began has promised to keep the connection.
    if (this.#draining && held.exchanges.size === 0) exchange.request.socket.destroySoon();
  }

  #asksToUpgrade(request: H1Request): boolean {
    const held = this.#held.get(request.socket);
    return held !== undefined && !this.#draining && asksToUpgrade(this.#context, held.connection, request);
  }

  /** Node gives the bare socket; a response is put on it, for an error answer and for the record. */
  #upgrade(request: H1Request, head: Buffer): void {
    const { socket } = request;
    const held = this.#held.get(request.socket);
    if (held === undefined || held.ending) return;
    // Behind an answer under way, or after the last one: the socket has no place for a response, and Node would throw.
    if (held.exchanges.size > 0 || !socket.writable) {
      socket.destroy();
      return;
    }
    const response = new H1Response(request);
    response.shouldKeepAlive = false;
    const generation = this.#context.current();
    const exchange = this.#begin(held, generation, request, response);
    socket.once('close', () => this.#end(held, exchange, response.writableFinished));
    response.once('finish', () => socket.destroySoon());
    response.assignSocket(socket);
    serveUpgrade(exchange, generation, this.#context, head);
  }

  #clientError(error: Error, socket: Duplex): void {
    const held = socket instanceof Socket ? this.#held.get(socket) : undefined;
    if (held === undefined || !(socket instanceof Socket)) {
      socket.destroy();
      return;
    }
    if (held.ending && isParserError(error)) return;
    held.ending = true;
    const exchanges = [...held.exchanges];
    const exchange = exchanges.find(({ request }) => !request.complete);
    const { connection } = held;
    answerClientError({
      context: this.#context,
      connection,
      socket,
      exchange,
      before: exchanges.at(-1),
      error,
    });
  }

  /** No byte either way for `responseIdleMs`, or for the keep-alive time after an answer. */
  #idle(socket: Socket): void {
    const held = this.#held.get(socket);
    if (socket.writableLength > 0) {
      this.#context.counters.dropped('slow-reader');
      reset(socket);
      return;
    }
    // A slow target has its own time-outs, and an upload its own watch.
    if (held !== undefined && held.exchanges.size > 0) socket.setTimeout(this.#server.timeout);
    else socket.destroy();
  }
}
