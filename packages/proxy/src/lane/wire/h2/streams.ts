// Which HTTP/2 streams are answered by wire: those that the gate lets pass and whose target is reached by wire or known
// by heart. All others are the full lane's, which judges them anew.
import { judge, type Accepted, type RequestHead } from '@tollgate/core';
import type { ClientConnection } from '../../../connection.ts';
import type { Generation } from '../../../generation.ts';
import type { H2Stream } from '../../../h2/stream.ts';
import type { Lenders } from '../../../pool/pools.ts';
import type { TimerWheel } from '../../../pool/wheel.ts';
import type { GuardedRequest } from '../../../policy/seam.ts';
import type { Route } from '../../../routing/table.ts';
import type { ConnectionStreams } from '../../h2/connection.ts';
import type { StreamTaker } from '../../h2/h2.ts';
import type { LaneContext } from '../../lane.ts';
import { valueOf } from '../../../cache/fieldLines.ts';
import { fromMemory, type MemoryReply, type MemoryRequest } from '../memory.ts';
import type { Askers } from '../outgoing.ts';
import { ProxiedStream } from './proxied.ts';
import { PreparedStream, RefusedStream, type AdmittedStream, type StreamExchange } from './stream.ts';

export class WireStreams implements StreamTaker {
  readonly #context: LaneContext;
  readonly #pools: Lenders;
  readonly #wheel: TimerWheel;

  constructor(context: LaneContext, pools: Lenders, wheel: TimerWheel) {
    this.#context = context;
    this.#pools = pools;
    this.#wheel = wheel;
  }

  take(stream: H2Stream, connection: ConnectionStreams): boolean {
    const { facts } = connection;
    const generation = this.#context.current();
    const verdict = judge(headOf(stream, facts), generation.config.limits);
    if (verdict.kind === 'refused' || verdict.form === 'asterisk' || verdict.expectContinue) return false;
    const route = generation.table.match(verdict.host, verdict.path);
    if (typeof route === 'string' || !(route.byWire || route.policy.kept)) return false;
    if ((verdict.contentLength ?? 0) > route.policy.bodyBytes) return false;
    const admitted = admit(verdict, stream.request.list, connection.askers(generation), generation, route);
    if (admitted.asker.client.scheme === 'http' && this.#context.httpsPort !== undefined) return false;
    const isAsked = route.byWire && route.target.kind === 'upstream';
    const reply = isAsked ? undefined : fromMemory(route, memoryRequest(admitted, stream));
    if (!isAsked && reply === undefined) return false;
    const exchange = this.#exchange(stream, facts, admitted, reply);
    exchange?.start();
    return exchange !== undefined;
  }

  #exchange(
    stream: H2Stream,
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

function admit(
  accepted: Accepted,
  rawHeaders: readonly string[],
  askers: Askers,
  generation: Generation,
  route: Route,
): AdmittedStream {
  const asker = askers.of(accepted.authority, askers.peerTrusted ? rawHeaders : NO_FIELDS);
  return { accepted, rawHeaders, asker, requestId: askers.requestId(asker), generation, route };
}

const NO_FIELDS: readonly string[] = [];

const guardedRequest = ({ accepted, asker }: AdmittedStream): GuardedRequest => ({
  client: asker.client,
  method: accepted.method,
  host: accepted.host,
  path: accepted.path,
});

const memoryRequest = (
  { accepted, asker, rawHeaders }: AdmittedStream,
  { requestDone }: H2Stream,
): MemoryRequest => ({
  method: accepted.method,
  path: accepted.path,
  target: accepted.target,
  authority: accepted.authority,
  client: asker.client,
  framed: !requestDone || accepted.contentLength !== undefined,
  acceptEncoding: valueOf(rawHeaders, 'accept-encoding'),
  conditional: true,
  fields: rawHeaders,
});

const headOf = ({ request }: H2Stream, { scheme }: ClientConnection): RequestHead => ({
  protocol: 'h2',
  httpVersion: '2.0',
  method: request.method,
  target: request.path,
  authority: request.authority,
  scheme,
  rawHeaders: request.list,
});
