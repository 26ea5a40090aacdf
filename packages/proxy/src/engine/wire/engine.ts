// The engine `wire` for exchanges of the full lane: what the wire lane asks an upstream with, for a request and an answer
// of Node's. decisions/0511-upstreams-without-nodes-client.md.
import type { Timeouts } from '@tollgate/core';
import { UpstreamPools } from '../../pool/pools.ts';
import { TimerWheel } from '../../pool/wheel.ts';
import type { UpstreamGroup } from '../../upstream/group.ts';
import type { Engine } from '../engine.ts';
import { WireHop } from './hop.ts';

/** Its sockets are its own: the wire lane closes those that it has when it drains, while exchanges here may go on. */
export function wireEngine(group: UpstreamGroup, timeouts: Timeouts): Engine {
  const wheel = new TimerWheel();
  const pools = new UpstreamPools(wheel);
  return {
    serve: (exchange) => new WireHop(exchange, { group, pools, wheel, timeouts }).start(),
    close: async () => pools.close(),
  };
}
