// What answers a route. Each kind serves an exchange of the full lane; the rest of each type is what the wire lane needs
// to serve the same without an exchange.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Timeouts } from '@tollgate/core';
import type { Exchange } from '../lane/full/exchange.ts';
import type { EventLog } from '../logs.ts';
import type { UpstreamGroup } from '../upstream/group.ts';
import type { Lookup } from '../upstream/resolution.ts';
import type { PreparedAnswer } from './prepared.ts';
import type { Directory } from './files/directory.ts';

interface Service {
  /** Whether a request body can be of use: only then is a client that waits for 100 told to send it. */
  readonly readsBody: boolean;
  /** Answers; never throws. The gate, the router and the policy have let the exchange pass. */
  serve(exchange: Exchange): void;
  /** Whether a WebSocket may be asked for here; if not, the request is served as if it had not asked. */
  readonly upgrades: boolean;
  /** Only called when `upgrades`. `head`: bytes of the new protocol that came with the request. */
  upgrade(exchange: Exchange, head: Buffer): void;
  /** Called when the last exchange of the last generation that has this target is over. */
  close(): Promise<void>;
}

export interface AppTarget extends Service {
  readonly kind: 'app';
  /** Answers a request that has the fields of a target already. */
  answer(request: IncomingMessage, response: ServerResponse): void;
}

export interface UpstreamTarget extends Service {
  readonly kind: 'upstream';
  readonly group: UpstreamGroup;
}

export interface FilesTarget extends Service {
  readonly kind: 'files';
  readonly directory: Directory;
}

/** `redirect` and `respond`: the same answer to everybody, known when the configuration is read. */
export interface PreparedTarget extends Service {
  readonly kind: 'redirect' | 'respond';
  readonly answer: PreparedAnswer;
}

/** A redirect to where the request's own path is part of the place. */
export interface MovedTarget extends Service {
  readonly kind: 'moved';
}

export type Target = AppTarget | UpstreamTarget | FilesTarget | PreparedTarget | MovedTarget;

/** Whatever the protocol. Apps speak Node's request and response, and a place that is made of the request is seldom asked for. */
export function isReachedByWire(target: Target): boolean {
  if (target.kind === 'upstream') return target.group.config.engine === 'wire';
  return target.kind === 'files' || target.kind === 'redirect' || target.kind === 'respond';
}

/** What making a target needs besides its own configuration. */
export interface CompileOptions {
  readonly timeouts: Timeouts;
  readonly eventLog: EventLog;
  /** Of upstream servers' names. */
  readonly lookup: Lookup;
}
