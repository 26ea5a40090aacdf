// Which streams of an HTTP/2 session are answered below Node's compatibility layer: those that the gate lets pass and
// whose target is reached by wire or known by heart. All others are the full lane's, which judges them anew.
import type { ServerHttp2Stream } from 'node:http2';
import { identifyClient, judge, type Accepted, type RequestHead } from '@tollgate/core';
import type { ClientConnection } from '../../../connection.ts';
import type { Generation } from '../../../generation.ts';
import type { Lenders } from '../../../pool/pools.ts';
import type { TimerWheel } from '../../../pool/wheel.ts';
import type { GuardedRequest } from '../../../policy/seam.ts';
import type { Route } from '../../../routing/table.ts';
import { valueOf as joined } from '../../../cache/fieldLines.ts';
import type { LaneContext } from '../../lane.ts';
import { fromMemory, type MemoryReply, type MemoryRequest } from '../memory.ts';
import { ProxiedStream } from './proxied.ts';
import { PreparedStream, RefusedStream, type AdmittedStream, type StreamExchange } from './stream.ts';

export class WireStreams {
  readonly #context: LaneContext;
  readonly #pools: Lenders;
  readonly #wheel: TimerWheel;

  constructor(context: LaneContext, pools: Lenders, wheel: TimerWheel) {
    this.#context = context;
    this.#pools = pools;
    this.#wheel = wheel;
  }

  /** The exchange, begun; `undefined`: this stream is for the full lane. */
  take(
    stream: ServerHttp2Stream,
    rawHeaders: readonly string[],
    facts: ClientConnection,
  ): StreamExchange | undefined {
    const generation = this.#context.current();
    const verdict = judge(headOf(rawHeaders, facts), generation.config.limits);
    if (verdict.kind === 'refused' || verdict.form === 'asterisk' || verdict.expectContinue) return undefined;
    const route = generation.table.match(verdict.host, verdict.path);
    if (typeof route === 'string' || !(route.byWire || route.policy.kept)) return undefined;
    if ((verdict.contentLength ?? 0) > route.policy.bodyBytes) return undefined;
    const admitted = this.#admit(verdict, rawHeaders, facts, generation, route);
    if (admitted.client.scheme === 'http' && this.#context.httpsPort !== undefined) return undefined;
    const isAsked = route.byWire && route.target.kind === 'upstream';
    const reply = isAsked ? undefined : fromMemory(route, memoryRequest(admitted, stream));
    if (!isAsked && reply === undefined) return undefined;
    const exchange = this.#exchange(stream, facts, admitted, reply);
    exchange?.start();
    return exchange;
  }

  #admit(
    accepted: Accepted,
    rawHeaders: readonly string[],
    { peer, scheme }: ClientConnection,
    generation: Generation,
    route: Route,
  ): AdmittedStream {
    const arrival = {
      peer: peer.address === '' ? undefined : peer.address,
      scheme,
      authority: accepted.authority,
      rawHeaders,
    };
    return {
      accepted,
      rawHeaders,
      client: identifyClient(arrival, generation.trust, this.#context.nextId),
      generation,
      route,
      accept: valueOf(rawHeaders, 'accept'),
      userAgent: valueOf(rawHeaders, 'user-agent'),
      referer: valueOf(rawHeaders, 'referer'),
    };
  }

  #exchange(
    stream: ServerHttp2Stream,
    facts: ClientConnection,
    admitted: AdmittedStream,
    reply: MemoryReply | undefined,
  ): StreamExchange | undefined {
    const { target, policy } = admitted.route;
    const common = [this.#context, this.#wheel, stream, facts, admitted] as const;
    const refusal = policy.guard?.(guardedRequest(admitted));
    if (refusal !== undefined) return new RefusedStream(refusal, ...common);
    if (reply?.kind === 'error') return new RefusedStream(reply, ...common);
    if (reply !== undefined) {
      reply.given?.();
      return new PreparedStream(reply.answer, ...common);
    }
    return target.kind === 'upstream' ? new ProxiedStream(target, this.#pools, ...common) : undefined;
  }
}

const guardedRequest = ({ accepted, client }: AdmittedStream): GuardedRequest => ({
  client,
  method: accepted.method,
  host: accepted.host,
  path: accepted.path,
});

const memoryRequest = (
  { accepted, client, rawHeaders }: AdmittedStream,
  { endAfterHeaders }: ServerHttp2Stream,
): MemoryRequest => ({
  method: accepted.method,
  path: accepted.path,
  target: accepted.target,
  authority: accepted.authority,
  client,
  framed: !endAfterHeaders || accepted.contentLength !== undefined,
  acceptEncoding: joined(rawHeaders, 'accept-encoding'),
  conditional: true,
  fields: rawHeaders,
});

const headOf = (rawHeaders: readonly string[], facts: ClientConnection): RequestHead => ({
  protocol: 'h2',
  httpVersion: '2.0',
  method: valueOf(rawHeaders, ':method') ?? '',
  target: valueOf(rawHeaders, ':path') ?? '',
  authority: valueOf(rawHeaders, ':authority'),
  scheme: facts.scheme,
  rawHeaders,
});

/** The first of that name, which is in lower case as all of HTTP/2's are. */
function valueOf(rawHeaders: readonly string[], name: string): string | undefined {
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    if (rawHeaders[at] === name) return rawHeaders[at + 1];
  return undefined;
}
