// The names of one upstream's servers, looked up again and again: each address is a server of its own. Owner of the timers.
import { ADDRCONFIG } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { UpstreamServer } from '@tollgate/core';
import type { EventLog } from '../logs.ts';
import type { UpstreamGroup } from './group.ts';

/** Rejects when the name has no address, or nobody can say. */
export type Lookup = (name: string) => Promise<readonly string[]>;

/** As every other program of the machine: hosts file, search domains and all. */
export const systemLookup: Lookup = async (name) => {
  const found = await lookup(name, { all: true, hints: ADDRCONFIG });
  return found.map(({ address }) => address);
};

/** Of one name: whoever answers for it may not fill the memory. */
const MOST_ADDRESSES = 64;
/** Of the time between two look-ups, more or less. */
const JITTER = 0.1;

export interface ResolutionOptions {
  readonly group: UpstreamGroup;
  readonly everyMs: number;
  readonly lookup: Lookup;
  readonly eventLog: EventLog;
  /** The group has other servers than before. */
  readonly changed: () => void;
}

export class Resolution {
  readonly #options: ResolutionOptions;
  readonly #timers = new Map<UpstreamServer, NodeJS.Timeout>();
  /** Those whose names cannot be looked up at present: told once. */
  readonly #failing = new Set<UpstreamServer>();
  #closed = false;

  /** Asks for each name at once; until the answer comes, its server is connected to by name. */
  constructor(options: ResolutionOptions) {
    this.#options = options;
    for (const server of options.group.config.servers) {
      const { address } = server;
      if (address.kind === 'tcp' && isIP(address.host) === 0) void this.#look(server, address.host);
    }
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  async #look(server: UpstreamServer, name: string): Promise<void> {
    try {
      this.#found(server, await this.#options.lookup(name));
    } catch (error) {
      this.#failed(server, name, error);
    }
    if (this.#closed) return;
    const delayMs = this.#options.everyMs * (1 - JITTER + 2 * JITTER * Math.random());
    const timer = setTimeout(() => void this.#look(server, name), delayMs);
    this.#timers.set(server, timer);
  }

  #found(server: UpstreamServer, answer: readonly string[]): void {
    if (this.#closed) return;
    const { group, eventLog, changed } = this.#options;
    const addresses = [...new Set(answer)].sort().slice(0, MOST_ADDRESSES);
    if (addresses.length === 0) throw new Error('no address');
    if (this.#failing.delete(server)) eventLog.info({ upstream: server.text }, 'the name is found again');
    const known = group.members.filter((member) => member.server === server);
    if (known.map(({ address }) => address).join(' ') === addresses.join(' ')) return;
    group.setAddresses(server, addresses);
    eventLog.info({ upstream: server.text, addresses }, 'the upstream server has these addresses');
    changed();
  }

  /** What was known holds: a name server that is down must not take the site with it. */
  #failed(server: UpstreamServer, name: string, error: unknown): void {
    const { group, eventLog } = this.#options;
    group.lookupsFailed += 1;
    if (this.#closed || this.#failing.has(server)) return;
    this.#failing.add(server);
    const fields = { upstream: server.text, name, err: error };
    eventLog.warn(fields, 'the name cannot be looked up; its former addresses are kept');
  }
}
