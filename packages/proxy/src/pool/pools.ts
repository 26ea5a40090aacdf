// The pools of all upstream servers, by the member that a target keeps as long as its configuration stays the same: a
// reload does not throw warm sockets away.
import type { Timeouts, UpstreamConfig } from '@tollgate/core';
import type { UpstreamMember } from '../upstream/member.ts';
import { UpstreamPool } from './pool.ts';
import type { UpstreamLink, UpstreamUser } from './socket.ts';
import type { TimerWheel } from './wheel.ts';

/** Sockets to one server, busy and idle: far above what a small backend survives, below the files a process may open. */
const SOCKETS_PER_SERVER = 16_384;

/** Lends sockets: a server's pool, or a test's stand-in. */
interface Lender {
  borrow(user: UpstreamUser): UpstreamLink | undefined;
  borrowNew(user: UpstreamUser, preface?: Buffer): UpstreamLink | undefined;
}

export interface Lenders {
  of(member: UpstreamMember, config: UpstreamConfig, timeouts: Timeouts): Lender;
  close(): void;
}

export class UpstreamPools implements Lenders {
  readonly #wheel: TimerWheel;
  readonly #pools = new Map<UpstreamMember, UpstreamPool>();

  constructor(wheel: TimerWheel) {
    this.#wheel = wheel;
  }

  /** Sockets open to all servers. */
  get open(): number {
    return [...this.#pools.values()].reduce((sum, pool) => sum + pool.counts.open, 0);
  }

  of(member: UpstreamMember, config: UpstreamConfig, timeouts: Timeouts): UpstreamPool {
    return this.#pools.get(member) ?? this.#make(member, config, timeouts);
  }

  close(): void {
    for (const pool of this.#pools.values()) pool.close();
  }

  #make(
    member: UpstreamMember,
    { keepAliveSockets, warm }: UpstreamConfig,
    { upstreamIdleMs }: Timeouts,
  ): UpstreamPool {
    // A member new to us is a reload, or the start: those without sockets are of former configurations, or will be back.
    for (const [known, pool] of this.#pools) if (pool.counts.open === 0) this.#pools.delete(known);
    // Spare connections are connections too: no more of them than the server may have.
    const spare = Math.min(warm, member.server.maxConnections ?? warm);
    const limits = {
      idleSockets: keepAliveSockets,
      sockets: SOCKETS_PER_SERVER,
      idleMs: upstreamIdleMs,
      warm: spare,
    };
    const pool = new UpstreamPool(member.endpoint, limits, this.#wheel);
    this.#pools.set(member, pool);
    return pool;
  }
}
