// The request for a WebSocket goes to the upstream as it was judged; its 101 opens a splice, anything else is an answer.
import { createHash } from 'node:crypto';
import { request as startRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { responseFields, type Timeouts } from '@tollgate/core';
import type { Exchange } from '../lane/full/exchange.ts';
import { targetFields } from '../lane/full/forwardedView.ts';
import { H1Response } from '../lane/full/response.ts';
import type { UpstreamEndpoint } from '../pool/endpoint.ts';
import { dial } from '../upstream/dial.ts';
import { failureOf, UpstreamFailure } from '../upstream/failure.ts';
import type { UpstreamGroup, UpstreamMember } from '../upstream/group.ts';
import { relayAnswer } from './http-proxy/relay.ts';
import { splice } from './splice.ts';

export interface TunnelOptions {
  readonly exchange: Exchange;
  readonly group: UpstreamGroup;
  readonly endpoints: ReadonlyMap<UpstreamMember, UpstreamEndpoint>;
  readonly timeouts: Timeouts;
  /** Bytes of the client that came with its request. */
  readonly head: Buffer;
}

export function openTunnel(options: TunnelOptions): void {
  attempt(options, undefined);
}

/** A second server is asked only when the first could not be reached: nothing was written then. */
function attempt(options: TunnelOptions, failed: UpstreamMember | undefined): void {
  const { exchange, group, endpoints } = options;
  const member = group.pick(failed);
  const endpoint = member === undefined ? undefined : endpoints.get(member);
  if (member === undefined || endpoint === undefined) {
    exchange.fail('upstream-refused');
    return;
  }
  exchange.upstream = member.server.text;
  const giveUp = dial(endpoint, (error, socket) => {
    if (error === null && socket !== undefined) {
      ask(options, member, socket);
      return;
    }
    const failure = failureOf(error, false);
    group.failed(member, failure);
    if (failed === undefined && !exchange.over) attempt(options, member);
    else exchange.fail(failure.code);
  });
  exchange.onOver(giveUp);
}

function ask(options: TunnelOptions, member: UpstreamMember, upstream: Socket): void {
  const { exchange, group, timeouts } = options;
  exchange.upstreamStarted();
  const request = startRequest({
    createConnection: () => upstream,
    method: 'GET',
    path: exchange.head?.target ?? '/',
    headers: targetFields(exchange),
    setHost: false,
  });
  exchange.onOver(() => upstream.destroy());
  const timer = headerTimer(request, timeouts.upstreamHeaderMs);
  request.on('upgrade', (answer, _socket, early) => {
    clearTimeout(timer);
    group.succeeded(member);
    open(options, upstream, answer, early);
  });
  request.on('response', (answer) => {
    clearTimeout(timer);
    group.succeeded(member);
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
