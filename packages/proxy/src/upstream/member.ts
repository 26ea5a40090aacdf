// One server of a group, and what has been seen of it.
import type { UpstreamServer } from '@tollgate/core';
import type { UpstreamEndpoint } from '../pool/endpoint.ts';
import { hashOf } from './balance/hash.ts';
import type { FailureWindow } from './failureWindow.ts';

/** Only its group writes to it. Times are on the group's clock, in milliseconds. */
export class UpstreamMember {
  readonly server: UpstreamServer;
  readonly endpoint: UpstreamEndpoint;
  /** That its name stood for; `undefined`: looked up when it is connected to, or there is nothing to look up. */
  readonly address: string | undefined;
  /** Where its keys lie in a hash; the same in every process. */
  readonly seed: number;
  /** Requests and WebSockets under way. */
  active = 0;
  /** Of all that it was given. */
  requests = 0;
  failures = 0;
  /** Times that the share of errors has marked it. */
  trips = 0;
  /** Failures in a row. */
  fails = 0;
  /** 0: not marked. */
  markedUntilMs = 0;
  /** The mark is for the share of errors: answers to what was under way do not lift it. */
  tripped = false;
  /** When it was last asked in spite of its mark. */
  triedAtMs = Number.NEGATIVE_INFINITY;
  /** Its checks say so; true until they say otherwise. */
  healthy = true;
  /** Of its checks, and why the last of them failed. */
  checksPassed = 0;
  checksFailed = 0;
  fault: string | undefined = undefined;
  /** When it came back into use. */
  backSinceMs = Number.NEGATIVE_INFINITY;
  readonly window: FailureWindow | undefined;
  /** For the choice under way: whether it may be chosen, and its weight for now. */
  candidate = false;
  share = 0;
  /** Of smooth weighted round robin: how much its turn has come. */
  turn = 0;

  constructor(
    server: UpstreamServer,
    address: string | undefined,
    endpoint: UpstreamEndpoint,
    window: FailureWindow | undefined,
  ) {
    this.server = server;
    this.address = address;
    this.endpoint = endpoint;
    this.window = window;
    this.seed = hashOf(`${server.text} ${address ?? ''}`);
  }

  get hasRoom(): boolean {
    const { maxConnections } = this.server;
    return maxConnections === undefined || this.active < maxConnections;
  }
}
