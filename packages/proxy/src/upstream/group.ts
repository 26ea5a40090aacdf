// The servers of one upstream: round robin among those not marked, passive failure marking. Both engines share it.
import type { UpstreamConfig, UpstreamServer } from '@tollgate/core';

/** One server and what has been seen of it. Only its group writes the marks. */
export class UpstreamMember {
  readonly server: UpstreamServer;
  /** Failures in a row. */
  fails = 0;
  /** On the clock of the group; 0: not marked. */
  markedUntilMs = 0;

  constructor(server: UpstreamServer) {
    this.server = server;
  }
}

/** Whoever tells people. */
export interface GroupObserver {
  /** Each time, with why. */
  failed(server: UpstreamServer, cause: Error): void;
  /** So many failures in a row that it is left alone for a while. */
  marked(server: UpstreamServer): void;
  /** A marked one has answered. */
  back(server: UpstreamServer): void;
}

export interface UpstreamStatus {
  readonly server: string;
  readonly marked: boolean;
  readonly fails: number;
}

/** While every server is marked, one request in this many milliseconds is let through to find out. */
const TRIAL_EVERY_MS = 1000;

export class UpstreamGroup {
  readonly config: UpstreamConfig;
  readonly members: readonly UpstreamMember[];
  readonly #now: () => number;
  readonly #observer: GroupObserver;
  #next = 0;
  #lastTrialMs = -Infinity;

  /** `now`: monotonic milliseconds. */
  constructor(config: UpstreamConfig, observer: GroupObserver, now: () => number = () => performance.now()) {
    this.config = config;
    this.#observer = observer;
    this.members = config.servers.map((server) => new UpstreamMember(server));
    this.#now = now;
  }

  /** The next server in turn, `except` only if it is the only one; `undefined` when all are marked. */
  pick(except?: UpstreamMember): UpstreamMember | undefined {
    const now = this.#now();
    const count = this.members.length;
    for (let step = 0; step < count; step++) {
      const member = this.members[(this.#next + step) % count];
      if (member === undefined || member === except || member.markedUntilMs > now) continue;
      this.#next = (this.#next + step + 1) % count;
      return member;
    }
    if (except !== undefined && except.markedUntilMs <= now) return except;
    return this.#trial(now);
  }

  /** Any answer of the server, whatever its status: it is alive. */
  succeeded(member: UpstreamMember): void {
    if (member.fails === 0) return;
    const wasMarked = member.markedUntilMs > 0;
    member.fails = 0;
    member.markedUntilMs = 0;
    if (wasMarked) this.#observer.back(member.server);
  }

  /** No connection, no answer in time, or no valid answer. */
  failed(member: UpstreamMember, cause: Error = new Error('no valid answer')): void {
    member.fails += 1;
    this.#observer.failed(member.server, cause);
    if (member.fails < this.config.maxFails) return;
    member.markedUntilMs = this.#now() + this.config.failWindowMs;
    if (member.fails === this.config.maxFails) this.#observer.marked(member.server);
  }

  status(): readonly UpstreamStatus[] {
    const now = this.#now();
    return this.members.map(({ server, fails, markedUntilMs }) => ({
      server: server.text,
      marked: markedUntilMs > now,
      fails,
    }));
  }

  /** Without trials a server that is back after a second would be refused for its whole window. */
  #trial(now: number): UpstreamMember | undefined {
    if (now - this.#lastTrialMs < TRIAL_EVERY_MS) return undefined;
    this.#lastTrialMs = now;
    return this.members.reduce((a, b) => (a.markedUntilMs <= b.markedUntilMs ? a : b));
  }
}
