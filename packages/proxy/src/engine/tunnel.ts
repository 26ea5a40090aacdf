// The request for a WebSocket goes to the upstream as it was judged; its 101 opens a splice, anything else is an answer.
import { createHash } from 'node:crypto';
import { request as startRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { responseFields, type HashBy, type Timeouts } from '@tollgate/core';
import type { Exchange } from '../lane/full/exchange.ts';
import { H1Response } from '../lane/full/response.ts';
import { dial } from '../upstream/dial.ts';
import { failureOf, UpstreamFailure } from '../upstream/failure.ts';
import type { UpstreamGroup } from '../upstream/group.ts';
import type { UpstreamMember } from '../upstream/member.ts';
import type { Seeker } from '../upstream/seeker.ts';
import { exchangeEnds, exchangeKey, fieldsFor } from './exchangeFacts.ts';
import { relayAnswer } from './http-proxy/relay.ts';
import { splice } from './splice.ts';

export interface TunnelOptions {
  readonly exchange: Exchange;
  readonly group: UpstreamGroup;
  readonly timeouts: Timeouts;
  /** Bytes of the client that came with its request. */
  readonly head: Buffer;
}

export function openTunnel(options: TunnelOptions): void {
  new Tunnel(options).start();
}

class Tunnel implements Seeker {
  tried: readonly UpstreamMember[] = [];
  readonly #options: TunnelOptions;
  /** Its place there is ours. */
  #member: UpstreamMember | undefined;

  constructor(options: TunnelOptions) {
    this.#options = options;
  }

  start(): void {
    const { exchange, group } = this.#options;
    exchange.onOver(() => group.giveUp(this));
    group.seek(this);
  }

  hashKey(by: HashBy): string {
    return exchangeKey(this.#options.exchange, by);
  }

  refused({ code }: UpstreamFailure): void {
    this.#options.exchange.fail(code);
  }

  granted(member: UpstreamMember): void {
    const { exchange } = this.#options;
    this.#member = member;
    exchange.upstream = member.server.text;
    const giveUp = dial(member.endpoint, exchangeEnds(exchange), (error, socket) => {
      if (error === null && socket !== undefined) this.#ask(member, socket);
      else this.#unreached(member, failureOf(error, false));
    });
    exchange.onOver(() => {
      giveUp();
      this.#leave();
    });
  }

  /** Another server may be asked: nothing was written to this one. */
  #unreached(member: UpstreamMember, failure: UpstreamFailure): void {
    const { exchange, group } = this.#options;
    group.failed(member, failure);
    this.#leave();
    if (exchange.over || !group.mayRetry(this.tried.length, false)) {
      exchange.fail(failure.code);
      return;
    }
    this.tried = [...this.tried, member];
    this.start();
  }

  #leave(): void {
    const member = this.#member;
    this.#member = undefined;
    if (member !== undefined) this.#options.group.leave(member);
  }

  #ask(member: UpstreamMember, upstream: Socket): void {
    const { exchange, group, timeouts } = this.#options;
    exchange.upstreamStarted();
    exchange.onOver(() => {
      upstream.destroy();
      this.#leave();
    });
    const request = startRequest({
      createConnection: () => upstream,
      method: 'GET',
      path: exchange.head?.target ?? '/',
      headers: fieldsFor(exchange, group, member),
      setHost: false,
    });
    const timer = headerTimer(request, timeouts.upstreamHeaderMs);
    const came = (answer: IncomingMessage): void => {
      clearTimeout(timer);
      group.answered(member, answer.statusCode ?? 0);
    };
    request.on('upgrade', (answer, _socket, early) => {
      came(answer);
      open(this.#options, upstream, answer, early);
    });
    request.on('response', (answer) => {
      came(answer);
      relayAnswer(exchange, answer);
    });
    request.on('error', (error) => {
      clearTimeout(timer);
      const failure = failureOf(error, true);
      if (!exchange.over) group.failed(member, failure);
      exchange.fail(failure.code);
    });
    request.end();
  }
}

function headerTimer(request: ClientRequest, withinMs: number): NodeJS.Timeout {
  return setTimeout(() => {
    request.destroy(new UpstreamFailure('upstream-header-timeout', `no answer in ${withinMs} ms`));
  }, withinMs);
}

function open(options: TunnelOptions, upstream: Socket, answer: IncomingMessage, early: Buffer): void {
  const { exchange, timeouts, head } = options;
  const { response, request } = exchange;
  if (!(response instanceof H1Response) || !accepts(exchange, answer)) {
    upstream.destroy();
    exchange.fail('upstream-malformed');
    return;
  }
  const client = request.socket;
  response.detachSocket(client);
  client.write(switchingHead(answer));
  splice({ exchange, client, upstream, idleMs: timeouts.tunnelIdleMs });
  if (early.length > 0) upstream.unshift(early);
  if (head.length > 0) client.unshift(head);
}

/** RFC 6455 4.1: the answer must prove that it is one to this very request, or a cache could be made to hold it. */
function accepts({ request }: Exchange, { headers }: IncomingMessage): boolean {
  const key = request.headers['sec-websocket-key'];
  const proof = createHash('sha1')
    .update(`${String(key)}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64');
  return headers.upgrade?.toLowerCase() === 'websocket' && headers['sec-websocket-accept'] === proof;
}

function switchingHead(answer: IncomingMessage): string {
  const fields = responseFields(answer.rawHeaders, answer.httpVersion);
  let head = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n';
  for (let at = 0; at + 1 < fields.length; at += 2) head += `${fields[at]}: ${fields[at + 1]}\r\n`;
  return `${head}\r\n`;
}
