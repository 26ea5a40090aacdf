// The way to the server of shared limits: asked while it answers, left alone while it does not. Nobody waits for it longer
// than configured, and what changes is said once.
import { setTimeout as delay } from 'node:timers/promises';
import type { RedisConfig } from '@tollgate/core';
import type { Redis } from 'ioredis';
import type { EventLog } from '../logs.ts';
import type { Rate } from '../policy/rate/table.ts';
import { connectRedis, reasonOf } from './connect.ts';
import { GCRA, GCRA_SHA1, gcraAnswer, gcraWords, type RateAnswer, type RateQuestion } from './gcra.ts';

/** Without one answer for this long, though asked, it is away: a longer pause of ours or of its is none. */
const SILENCE_MS = 500;
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 10_000;
/** Of a wait, more or less: nodes shall not come back in step. */
const JITTER = 0.2;
/** A connection that takes questions and answers none is known by its first. */
const PROBE_MS = 2000;
const PROBE_RATE: Rate = { requests: 1000, perMs: 1000, burst: 1000 };
/** Questions under way; beyond them nobody waits. */
const MOST_ASKED = 10_000;

export interface RedisStatus {
  /** As configured; no credentials are part of it. */
  readonly server: string;
  readonly state: 'connecting' | 'present' | 'away';
  /** Why it is away. */
  readonly fault: string | null;
  /** Questions it has answered. */
  readonly answered: number;
  /** Questions it has not answered in time, or with an error. */
  readonly unanswered: number;
  /** Questions that were not asked because it was away. */
  readonly unasked: number;
}

export class RedisLink {
  readonly #config: RedisConfig;
  readonly #password: string | undefined;
  readonly #eventLog: EventLog;
  readonly #closing = new AbortController();
  #client: Redis | undefined;
  #state: RedisStatus['state'] = 'connecting';
  #fault: string | null = null;
  #asking = 0;
  #silentSince: number | undefined;
  #answered = 0;
  #unanswered = 0;
  #unasked = 0;

  /** Connects by itself, and again whenever it has to, until it is closed. `password`: in place of the file's. */
  constructor(config: RedisConfig, password: string | undefined, eventLog: EventLog) {
    this.#config = config;
    this.#password = password;
    this.#eventLog = eventLog;
    void this.#connect(0);
  }

  get status(): RedisStatus {
    return {
      server: this.#config.server.text,
      state: this.#state,
      fault: this.#fault,
      answered: this.#answered,
      unanswered: this.#unanswered,
      unasked: this.#unasked,
    };
  }

  /**
   * `undefined`: it is not known, at once while the server is away, else after the configured wait. `name`: of the limit and
   * the client, below the configured prefix.
   */
  rate(name: string, rate: Rate, question: RateQuestion): Promise<RateAnswer | undefined> | undefined {
    const client = this.#client;
    if (client === undefined || this.#asking >= MOST_ASKED) {
      this.#unasked += 1;
      return undefined;
    }
    return this.#ask(client, [name, ...gcraWords(rate, question)]);
  }

  close(): void {
    this.#client = undefined;
    this.#closing.abort();
  }

  async #ask(client: Redis, words: readonly string[]): Promise<RateAnswer | undefined> {
    this.#asking += 1;
    try {
      const micros = await within(this.#config.waitMs, this.#run(client, words));
      this.#answered += 1;
      this.#silentSince = undefined;
      return gcraAnswer(micros);
    } catch (error) {
      this.#unanswered += 1;
      this.#failed(client, error);
      return undefined;
    } finally {
      this.#asking -= 1;
    }
  }

  async #run(client: Redis, [name, ...words]: readonly string[]): Promise<number> {
    const key = `${this.#config.prefix}:${name}`;
    try {
      return Number(await client.evalsha(GCRA_SHA1, 1, key, ...words));
    } catch (error) {
      // After a restart it knows no scripts.
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return Number(await client.eval(GCRA, 1, key, ...words));
    }
  }

  #failed(client: Redis, error: unknown): void {
    if (client !== this.#client) return;
    const now = performance.now();
    this.#silentSince ??= now;
    if (now - this.#silentSince >= SILENCE_MS) this.#lose(client, reasonOf(error, this.#password));
  }

  #lose(client: Redis, fault: string): void {
    if (client !== this.#client) return;
    this.#client = undefined;
    this.#silentSince = undefined;
    client.disconnect();
    this.#away(fault);
    void this.#connect(1);
  }

  /** `attempt` 0: the first of all, at once. Ends when it is connected, or closed. */
  async #connect(attempt: number): Promise<void> {
    const { signal } = this.#closing;
    for (let tries = attempt; !signal.aborted; tries++) {
      if (tries > 0 && !(await paused(retryMs(tries), signal))) return;
      try {
        this.#present(await this.#proven());
        return;
      } catch (error) {
        this.#away(reasonOf(error));
      }
    }
  }

  /** A connection that has answered a question of the kind it is there for. */
  async #proven(): Promise<Redis> {
    const client = await connectRedis(this.#config, this.#password, this.#closing.signal);
    try {
      await within(PROBE_MS, this.#run(client, ['probe', ...gcraWords(PROBE_RATE, { kind: 'ask' })]));
      return client;
    } catch (error) {
      client.disconnect();
      throw error;
    }
  }

  #present(client: Redis): void {
    if (this.#closing.signal.aborted) {
      client.disconnect();
      return;
    }
    this.#client = client;
    this.#state = 'present';
    this.#fault = null;
    client.once('close', () => this.#lose(client, 'the connection was closed'));
    this.#eventLog.info({ redis: this.#config.server.text }, 'limits are shared through Redis');
  }

  #away(fault: string): void {
    const known = this.#state === 'away';
    this.#state = 'away';
    this.#fault = fault;
    if (known || this.#closing.signal.aborted) return;
    this.#eventLog.warn(
      { redis: this.#config.server.text, fault },
      'Redis does not answer: each worker holds shared limits for itself',
    );
  }
}

function retryMs(tries: number): number {
  const ms = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (tries - 1));
  return ms * (1 - JITTER + 2 * JITTER * Math.random());
}

/** False: it was closed meanwhile. */
async function paused(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await delay(ms, undefined, { signal, ref: false });
    return true;
  } catch {
    return false;
  }
}

/** Rejects when there is no answer in time. One that has come while this process was busy counts: it is read first. */
function within(ms: number, answer: Promise<number>): Promise<number> {
  const bounded = Promise.withResolvers<number>();
  const late = (): void => bounded.reject(new Error(`no answer in ${ms} ms`));
  const timer = setTimeout(() => setImmediate(late), ms);
  answer.then(bounded.resolve, bounded.reject).finally(() => clearTimeout(timer));
  return bounded.promise;
}
