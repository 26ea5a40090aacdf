// The pools of all upstream servers. A pool lives as long as some generation's server is reached in the same way, so
// that a reload does not throw warm sockets away.
import type { Config, UpstreamConfig } from '@tollgate/core';
import type { UpstreamMember } from '../upstream/group.ts';
import { endpointOf } from './endpoint.ts';
import { UpstreamPool, type PoolCounts } from './pool.ts';
import type { TimerWheel } from './wheel.ts';

/** Sockets to one server, busy and idle: far above what a small backend survives, below the files a process may open. */
const SOCKETS_PER_SERVER = 16_384;

export class UpstreamPools {
  readonly #wheel: TimerWheel;
  readonly #byMember = new WeakMap<UpstreamMember, UpstreamPool>();
  readonly #byKey = new Map<string, UpstreamPool>();

  constructor(wheel: TimerWheel) {
    this.#wheel = wheel;
  }

  of(member: UpstreamMember, upstream: UpstreamConfig, config: Config): UpstreamPool {
    let pool = this.#byMember.get(member);
    if (pool === undefined) {
      pool = this.#pool(member, upstream, config);
      this.#byMember.set(member, pool);
    }
    return pool;
  }

  counts(): readonly PoolCounts[] {
    return [...this.#byKey.values()].map((pool) => pool.counts);
  }

  close(): void {
    for (const pool of this.#byKey.values()) pool.close();
    this.#byKey.clear();
  }

  #pool({ server }: UpstreamMember, upstream: UpstreamConfig, { timeouts }: Config): UpstreamPool {
    const { ca, serverName, keepAliveSockets } = upstream;
    const { upstreamConnectMs, upstreamIdleMs } = timeouts;
    const key = JSON.stringify([server, ca, serverName, keepAliveSockets, upstreamConnectMs, upstreamIdleMs]);
    let pool = this.#byKey.get(key);
    if (pool === undefined) {
      const limits = { idleSockets: keepAliveSockets, sockets: SOCKETS_PER_SERVER, idleMs: upstreamIdleMs };
      pool = new UpstreamPool(endpointOf(server, upstream, timeouts), limits, this.#wheel);
      this.#byKey.set(key, pool);
    }
    return pool;
  }
}
