// What both protocols of the wire lane answer from memory: what the configuration says to everybody, errors known from the
// head alone, files that were read a moment ago, and what a cache has that is fresh.
import type { Client, ErrorCode } from '@tollgate/core';
import type { RouteCache } from '../../cache/routeCache.ts';
import type { Route } from '../../routing/table.ts';
import { conditionsAmong } from '../../target/files/conditions.ts';
import type { FileRequest } from '../../target/files/reply.ts';
import type { PreparedAnswer } from '../../target/prepared.ts';
import type { WireClient } from './client.ts';
import type { Admitted } from './admitted.ts';
import { WireExchange } from './exchange.ts';
import { isLeftOut } from './recognise.ts';

/** A request that the gate and the router have let pass, in either protocol. */
export interface MemoryRequest {
  readonly method: string;
  /** Canonical, without its query. */
  readonly path: string;
  /** With its query. */
  readonly target: string;
  readonly authority: string;
  readonly client: Client;
  /** It says that it has a body, be it of no bytes. */
  readonly framed: boolean;
  readonly acceptEncoding: string | undefined;
  /** Some of `fields` ask for something else than the whole. */
  readonly conditional: boolean;
  /** Names and values in turn, as they came, but for those that the recogniser leaves out. */
  readonly fields: readonly string[];
}

/** Head and body, or an error answer with `fields` in turn beside its own. */
export type MemoryReply =
  | {
      readonly kind: 'answer';
      readonly answer: PreparedAnswer;
      /** To be called when the client gets it. */
      readonly given?: () => void;
    }
  | { readonly kind: 'error'; readonly code: ErrorCode; readonly fields: readonly string[] };

/** Changes nothing: whoever gets `undefined` may ask somebody else as if it had not asked. */
export function fromMemory(route: Route, request: MemoryRequest): MemoryReply | undefined {
  const { target, policy } = route;
  if (policy.kept !== undefined) return fromCache(policy.kept, request);
  if (target.kind === 'redirect' || target.kind === 'respond')
    return { kind: 'answer', answer: target.answer };
  if (target.kind !== 'files') return undefined;
  const reply = target.directory.replyAtOnce(fileRequest(route, request));
  return reply?.kind === 'file' ? undefined : reply;
}

function fromCache(cache: RouteCache, request: MemoryRequest): MemoryReply | undefined {
  const fresh = request.framed ? undefined : cache.fresh(request, isLeftOut);
  return fresh && { kind: 'answer', ...fresh };
}

/** What is asked of a directory needs to know less. */
type OfFile = Pick<MemoryRequest, 'method' | 'path' | 'target' | 'acceptEncoding' | 'conditional' | 'fields'>;

export function fileRequest({ path: routePath }: Route, request: OfFile): FileRequest {
  const { method, path, target, acceptEncoding } = request;
  const query = target.length === path.length ? undefined : target.slice(path.length + 1);
  return {
    method,
    path,
    routePath,
    asked: { path, query },
    acceptEncoding,
    conditions: request.conditional ? conditionsAmong(request.fields) : undefined,
  };
}

export class PreparedExchange extends WireExchange {
  readonly #answer: PreparedAnswer;

  constructor(connection: WireClient, admitted: Admitted, answer: PreparedAnswer) {
    super(connection, admitted);
    this.#answer = answer;
  }

  start(): void {
    declineBody(this);
    this.answer(this.#answer);
  }
}

export class RefusedExchange extends WireExchange {
  readonly #code: ErrorCode;
  readonly #fields: readonly string[];

  /** `fields`: of the answer beside its own, in turn. */
  constructor(
    connection: WireClient,
    admitted: Admitted,
    code: ErrorCode,
    fields: readonly string[] = NO_FIELDS,
  ) {
    super(connection, admitted);
    this.#code = code;
    this.#fields = fields;
  }

  start(): void {
    declineBody(this);
    this.fail(this.#code, this.#fields);
  }
}

const NO_FIELDS: readonly string[] = [];

/** A client that waits for 100 and gets its answer instead may or may not send the body: nobody knows (RFC 9110 10.1.1). */
export function declineBody({ admitted, connection }: WireExchange): void {
  if (admitted.head.expectsContinue) connection.closeAfterAnswer();
}
