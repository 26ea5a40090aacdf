// What policies need of the front beside the configuration: its counters, its log, and what outlives a reload.
import { Caches } from '../cache/caches.ts';
import type { Counters } from '../counters.ts';
import type { EventLog } from '../logs.ts';
import { Passwords } from './auth/passwords.ts';
import { Kept } from './kept.ts';
import { LoadMeter } from './shedding.ts';
import type { RedisLink } from '../redis/link.ts';
import { RedisLinks } from '../redis/links.ts';
import type { RateTable } from './rate/table.ts';

export interface PolicyMeans {
  readonly counters: Counters;
  readonly eventLog: EventLog;
  readonly rates: Kept<RateTable>;
  readonly caches: Caches;
  readonly passwords: Passwords;
  readonly redisLinks: RedisLinks;
  /** Of the configuration being compiled; `undefined`: it shares nothing. */
  readonly redis: RedisLink | undefined;
  readonly load: LoadMeter;
  /** The configuration being compiled turns requests away by `load`. */
  readonly sheds: boolean;
}

/** `redisPassword`: in place of the one in the configured file. */
export function policyMeans(counters: Counters, eventLog: EventLog, redisPassword?: string): PolicyMeans {
  return {
    counters,
    eventLog,
    rates: new Kept(),
    caches: new Caches(),
    passwords: new Passwords(),
    redisLinks: new RedisLinks(eventLog, redisPassword),
    redis: undefined,
    load: new LoadMeter(),
    sheds: false,
  };
}
