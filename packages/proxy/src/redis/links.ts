// The links in use, by configuration. A reload that leaves it as it is keeps its connection; the last generation to let go
// closes it.
import type { Config, RedisConfig } from '@tollgate/core';
import type { EventLog } from '../logs.ts';
import { RedisLink, type RedisStatus } from './link.ts';

interface Shared {
  readonly link: RedisLink;
  holders: number;
}

export class RedisLinks {
  readonly #eventLog: EventLog;
  readonly #password: string | undefined;
  readonly #shared = new Map<string, Shared>();

  constructor(eventLog: EventLog, password: string | undefined) {
    this.#eventLog = eventLog;
    this.#password = password;
  }

  /** `undefined`: nothing in the configuration is shared. */
  acquire(config: Config): { readonly link: RedisLink; readonly release: () => void } | undefined {
    const { redis } = config;
    if (redis === undefined || !sharesLimits(config)) return undefined;
    const shared = this.#held(redis);
    shared.holders += 1;
    return { link: shared.link, release: () => this.#release(JSON.stringify(redis)) };
  }

  status(): readonly RedisStatus[] {
    return [...this.#shared.values()].map(({ link }) => link.status);
  }

  #held(redis: RedisConfig): Shared {
    const key = JSON.stringify(redis);
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    const made = { link: new RedisLink(redis, this.#password, this.#eventLog), holders: 0 };
    this.#shared.set(key, made);
    return made;
  }

  #release(key: string): void {
    const shared = this.#shared.get(key);
    if (shared === undefined) return;
    shared.holders -= 1;
    if (shared.holders > 0) return;
    this.#shared.delete(key);
    shared.link.close();
  }
}

function sharesLimits({ sites }: Config): boolean {
  return sites.some(({ routes }) =>
    routes.some(({ policy: { rateLimit } }) => rateLimit !== undefined && rateLimit.shared !== 'off'),
  );
}
