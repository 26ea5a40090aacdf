// The wire lane: HTTP/1.1 on raw sockets for what is plainly well-formed and answered by an upstream, an app or from memory.
// Everything else, connection and bytes, goes to the full lane.
import type { Socket } from 'node:net';
import type { ClientConnection } from '../../connection.ts';
import type { Generation } from '../../generation.ts';
import type { Lenders } from '../../pool/pools.ts';
import type { TimerWheel } from '../../pool/wheel.ts';
import type { GuardedRequest } from '../../policy/seam.ts';
import type { Route } from '../../routing/table.ts';
import { redirectAnswer } from '../../target/prepared.ts';
import type { FullLane } from '../full/full.ts';
import type { Lane, LaneContext } from '../lane.ts';
import type { Admitted } from './admitted.ts';
import { AppExchange } from './app/exchange.ts';
import type { UnderWay } from './client.ts';
import { WireConnection, type ConnectionHost } from './connection.ts';
import type { WireExchange } from './exchange.ts';
import { FileExchange } from './file.ts';
import { GuestExchange } from './guest.ts';
import { fileRequest, fromMemory, PreparedExchange, RefusedExchange, type MemoryRequest } from './memory.ts';
import { Askers, authorityText } from './outgoing.ts';
import { ProxiedExchange } from './proxied.ts';
import type { RequestHead } from './requestHead.ts';

export class WireLane implements Lane, ConnectionHost {
  readonly wheel: TimerWheel;
  draining = false;
  readonly #context: LaneContext;
  readonly #full: FullLane;
  readonly #pools: Lenders;
  readonly #connections = new Set<WireConnection>();

  /** `full` gets what this lane will not decide; its owner drains and destroys it. */
  constructor(context: LaneContext, full: FullLane, pools: Lenders, wheel: TimerWheel) {
    this.#pools = pools;
    this.wheel = wheel;
    this.#context = context;
    this.#full = full;
  }

  get active(): number {
    return this.#connections.size;
  }

  get counters(): LaneContext['counters'] {
    return this.#context.counters;
  }

  get requestLog(): LaneContext['requestLog'] {
    return this.#context.requestLog;
  }

  nextId(): string {
    return this.#context.nextId();
  }

  current(): Generation {
    return this.#context.current();
  }

  accept(socket: Socket, facts: ClientConnection, firstBytes?: Buffer): void {
    const connection = new WireConnection(this, socket, facts);
    this.#connections.add(connection);
    connection.start(firstBytes);
  }

  askers(facts: ClientConnection, generation: Generation): Askers {
    return new Askers(facts, generation.trust, this.#context.nextId);
  }

  /** The same steps in the same order as the full lane: host, redirect to https, path, guards, announced size. */
  exchange(
    connection: WireConnection,
    socket: Socket,
    head: RequestHead,
    generation: Generation,
    bytes: Buffer,
    start: number,
  ): UnderWay | undefined {
    if (this.#isChallenge(connection, head)) return undefined;
    const match = generation.table.match(head.authority.host, head.path);
    const route = typeof match === 'string' ? undefined : match;
    const admitted = this.#admit(connection, head, generation, route);
    if (match === 'host-not-served') return new RefusedExchange(connection, admitted, match);
    if (this.#redirectsToHttps(admitted)) return this.#toHttps(connection, admitted);
    if (match === 'route-missing') return new RefusedExchange(connection, admitted, match);
    if (!match.byWireH1)
      return (
        this.#kept(connection, match, admitted) ??
        this.#guest(connection, socket, match, admitted, bytes, start)
      );
    if (match.target.kind === 'app' && bringsBody(head)) return undefined;
    const refused = this.#refused(connection, match, admitted);
    if (refused !== undefined) return refused;
    if (head.contentLength > match.policy.bodyBytes)
      return new RefusedExchange(connection, admitted, 'body-too-large');
    return this.#routed(connection, socket, match, admitted);
  }

  #refused(connection: WireConnection, { policy }: Route, admitted: Admitted): WireExchange | undefined {
    const refusal = policy.guard?.(guardedRequest(admitted));
    return refusal && new RefusedExchange(connection, admitted, refusal.code, refusal.fields);
  }

  /** Guards count: they are asked only where the full lane will not ask them again. */
  #kept(connection: WireConnection, route: Route, admitted: Admitted): WireExchange | undefined {
    if (route.policy.kept === undefined) return undefined;
    const reply = fromMemory(route, memoryRequest(connection, admitted));
    if (reply?.kind !== 'answer') return undefined;
    const refused = this.#refused(connection, route, admitted);
    if (refused !== undefined) return refused;
    reply.given?.();
    return new PreparedExchange(connection, admitted, reply.answer);
  }

  /** The full lane judges it anew, by all that came. */
  #guest(
    connection: WireConnection,
    socket: Socket,
    { byGuest }: Route,
    admitted: Admitted,
    bytes: Buffer,
    start: number,
  ): GuestExchange | undefined {
    const { head } = admitted;
    if (!byGuest || bringsBody(head)) return undefined;
    const end = start + head.byteLength - BLANK_LINE_BYTES;
    const lines = bytes.latin1Slice(bytes.indexOf(LINE_FEED, start) + 1, end);
    return new GuestExchange(connection, socket, admitted, lines, this.#full);
  }

  #admit(
    connection: WireConnection,
    head: RequestHead,
    generation: Generation,
    route: Route | undefined,
  ): Admitted {
    const { askers, facts } = connection;
    const asker = askers.of(authorityText(head, facts.scheme), head.forwarding);
    return { head, generation, route, asker, requestId: askers.requestId(asker) };
  }

  #routed(
    connection: WireConnection,
    socket: Socket,
    route: Route,
    admitted: Admitted,
  ): WireExchange | undefined {
    const { target } = route;
    if (target.kind === 'upstream') return new ProxiedExchange(connection, admitted, target, this.#pools);
    if (target.kind === 'files') {
      const request = fileRequest(route, admitted.head);
      return new FileExchange(connection, admitted, target.directory, request);
    }
    if (target.kind === 'redirect' || target.kind === 'respond')
      return new PreparedExchange(connection, admitted, target.answer);
    if (target.kind === 'app') return new AppExchange(connection, socket, admitted, target);
    return undefined;
  }

  /** Rare, and answered by the full lane. */
  #isChallenge({ facts }: WireConnection, { authority, path }: RequestHead): boolean {
    const { challenges } = this.#context;
    return facts.scheme === 'http' && challenges.answerTo(authority.host, path) !== undefined;
  }

  #redirectsToHttps({ asker }: Admitted): boolean {
    return asker.client.scheme === 'http' && this.#context.httpsPort !== undefined;
  }

  /** No route, so no limit of its own: its body, if any, is dropped. */
  #toHttps(connection: WireConnection, admitted: Admitted): WireExchange {
    const { authority, target } = admitted.head;
    const port = this.#context.httpsPort === 443 ? '' : `:${this.#context.httpsPort}`;
    const answer = redirectAnswer(308, `https://${authority.host}${port}${target}`);
    return new PreparedExchange(connection, { ...admitted, route: undefined }, answer);
  }

  handOver(connection: WireConnection, socket: Socket, bytes: Buffer): void {
    this.#connections.delete(connection);
    this.#full.accept(socket, connection.facts, bytes);
  }

  closed(connection: WireConnection): void {
    this.#connections.delete(connection);
    if (this.draining && this.active === 0) this.#pools.close();
  }

  drain(): void {
    this.draining = true;
    for (const connection of this.#connections) connection.drain();
    if (this.active === 0) this.#pools.close();
  }

  destroy(): void {
    for (const connection of this.#connections) connection.destroy();
    this.#pools.close();
  }
}

const LINE_FEED = 10;
const BLANK_LINE_BYTES = 2;

/** Then an app may read it in any of Node's ways: the full lane's work. */
const bringsBody = (head: RequestHead): boolean => head.contentLength !== 0 || head.expectsContinue;

const guardedRequest = ({ asker, head }: Admitted): GuardedRequest => ({
  client: asker.client,
  method: head.method,
  host: head.authority.host,
  path: head.path,
});

const memoryRequest = ({ facts }: WireConnection, { head, asker }: Admitted): MemoryRequest => ({
  method: head.method,
  path: head.path,
  target: head.target,
  authority: authorityText(head, facts.scheme),
  client: asker.client,
  framed: head.framed,
  acceptEncoding: head.acceptEncoding,
  conditional: head.conditional,
  fields: head.fields,
});
