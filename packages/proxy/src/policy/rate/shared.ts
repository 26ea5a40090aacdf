// A rate limit that several nodes share. What this worker lets pass it notes at the server, and learns there what the others
// have let pass; `strict` limits ask before. The table of this worker stands before both: who is beyond the limit by what
// is known here costs no question.
import { createHash } from 'node:crypto';
import type { RateLimitConfig } from '@tollgate/core';
import type { RateAnswer } from '../../redis/gcra.ts';
import type { RedisLink } from '../../redis/link.ts';
import { retryAfter } from '../retryAfter.ts';
import type { PolicyExchange, StepOutcome } from '../seam.ts';
import type { RateTable } from './table.ts';

const STRICT_RETRY_MS = 1000;
/** Clients whose passing is being noted; of more it is not. */
const MOST_NOTED = 10_000;

export class SharedRate {
  readonly #config: RateLimitConfig;
  readonly #table: RateTable;
  readonly #redis: RedisLink;
  readonly #name: string;
  /** What has passed of each client while the note before was under way. */
  readonly #noting = new Map<string, number>();

  /** `whose`: host and path that the limit is of, the same on every node. */
  constructor(config: RateLimitConfig, whose: string, table: RateTable, redis: RedisLink) {
    const { requests, perMs, burst, by } = config;
    // Nodes with another rate, in the middle of a roll-out, do not count into each other's buckets.
    const rate = createHash('sha256')
      .update(JSON.stringify([requests, perMs, burst, by]))
      .digest('hex');
    this.#config = config;
    this.#table = table;
    this.#redis = redis;
    this.#name = `rate:${whose}:${rate.slice(0, 8)}`;
  }

  /** One note at a time for each client: a flood of one address is a few questions, not as many as it has requests. */
  passed(client: string): void {
    const more = this.#noting.get(client);
    if (more !== undefined) this.#noting.set(client, more + 1);
    else if (this.#noting.size < MOST_NOTED) this.#note(client, 1);
  }

  async decide(exchange: PolicyExchange, client: string): Promise<StepOutcome> {
    const answer = await this.#redis.rate(`${this.#name}:${client}`, this.#config, { kind: 'ask' });
    if (answer === undefined) exchange.refuse('limit-unavailable', retryAfter(STRICT_RETRY_MS));
    else {
      this.#learn(client, answer);
      if (answer.kind === 'counted') return 'goes-on';
      exchange.refuse('rate-limited', retryAfter(answer.waitMs));
    }
    return 'answered';
  }

  #note(client: string, count: number): void {
    const noted = this.#redis.rate(`${this.#name}:${client}`, this.#config, { kind: 'note', count });
    if (noted === undefined) return;
    this.#noting.set(client, 0);
    void noted.then((answer) => this.#noted(client, answer));
  }

  #noted(client: string, answer: RateAnswer | undefined): void {
    if (answer !== undefined) this.#learn(client, answer);
    const more = this.#noting.get(client) ?? 0;
    this.#noting.delete(client);
    if (more > 0) this.#note(client, more);
  }

  #learn(client: string, answer: RateAnswer): void {
    const emptyInMs = answer.kind === 'counted' ? answer.emptyInMs : answer.waitMs + this.#table.toleranceMs;
    this.#table.learn(client, emptyInMs, performance.now());
  }
}
