// One process that serves: the front and its request log, reloaded together.
import type { AcmeChallenge, Config, RequestLogMode } from '@tollgate/core';
import { createRequestLog, type OwnedEventLog, type RequestLog } from '@tollgate/log';
import { createFront, type BoundAddress, type Front, type Purge } from '@tollgate/proxy';
import { totalsOf, type ProcessFigures, type ServiceFigures } from './figures/figures.ts';
import { followLoopDelay } from './figures/loop-delay.ts';
import { LayerProfile } from './layers/profile.ts';
import { readOwnThreads } from './layers/threads.ts';
import type { ProcessReport } from './report.ts';
import type { ProcessStatus, Service } from './service.ts';

export interface SiteOptions {
  readonly config: Config;
  readonly events: OwnedEventLog;
  readonly inherited: ReadonlyMap<string, number>;
  readonly ticketKeys: Buffer;
  /** 0: alone. */
  readonly worker: number;
}

/** Throws a sentence that says what to do when the request log cannot be opened. */
export function createSite(options: SiteOptions): Site {
  return new Site(options);
}

export class Site implements Service {
  readonly #options: SiteOptions;
  readonly #requestLog: RequestLog;
  readonly #front: Front;
  readonly #loopDelay = followLoopDelay();
  readonly #layers = new LayerProfile();
  #config: Config;

  constructor(options: SiteOptions) {
    const { config, events, inherited, ticketKeys, worker } = options;
    this.#options = options;
    this.#config = config;
    this.#requestLog = explainingTheLog(config, () =>
      createRequestLog({ ...config.requestLog, eventLog: events.log }),
    );
    this.#front = createFront({
      config,
      requestLog: this.#requestLog,
      eventLog: events.log,
      inherited,
      reusePort: worker > 0,
      ticketKeys,
      redisPassword: process.env['REDIS_PASSWORD'],
    });
  }

  async start(): Promise<readonly BoundAddress[]> {
    try {
      return await this.#front.listen();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async reload(next: Config): Promise<void> {
    const before = this.#config;
    explainingTheLog(next, () => this.#requestLog.configure(next.requestLog));
    try {
      await this.#front.reload(next);
    } catch (error) {
      this.#requestLog.configure(before.requestLog);
      throw error;
    }
    this.#options.events.log.level = next.logLevel;
    this.#config = next;
  }

  loadCertificates(): Promise<readonly string[]> {
    return this.#front.loadCertificates();
  }

  reopen(): Promise<void> {
    return this.#requestLog.reopen();
  }

  async setTicketKeys(keys: Buffer): Promise<void> {
    this.#front.setTicketKeys(keys);
  }

  setChallenges(challenges: readonly AcmeChallenge[]): Promise<void> {
    return this.#front.setChallenges(challenges);
  }

  async setRequestLogMode(mode: RequestLogMode): Promise<void> {
    const next = { ...this.#config, requestLog: { ...this.#config.requestLog, mode } };
    explainingTheLog(next, () => this.#requestLog.configure(next.requestLog));
    this.#config = next;
  }

  async purge(purge: Purge): Promise<number> {
    return this.#front.purge(purge);
  }

  async sampleLayers(on: boolean): Promise<void> {
    if (on) this.#layers.start();
    else this.#layers.stop();
  }

  drain(): Promise<void> {
    return this.#front.drain();
  }

  async close(): Promise<void> {
    this.#loopDelay.close();
    this.#layers.stop();
    await this.#front.close();
    await this.#requestLog.close();
  }

  async status(): Promise<readonly ProcessStatus[]> {
    return [{ worker: 0, pid: process.pid, report: this.report(), restarts: 0 }];
  }

  async figures(): Promise<ServiceFigures> {
    const figures = this.ownFigures();
    return {
      totals: figures.totals,
      processes: [{ worker: 0, pid: process.pid, restarts: 0, figures }],
    };
  }

  ownFigures(): ProcessFigures {
    const report = this.report();
    const { user, system } = process.cpuUsage();
    return {
      totals: totalsOf(report, this.#front.routeFigures(), this.#loopDelay.figures()),
      report,
      cpu: { userMicros: user, systemMicros: system },
      threads: readOwnThreads(),
      layers: this.#layers.look,
    };
  }

  report(): ProcessReport {
    const { user, system } = process.cpuUsage();
    return {
      memoryBytes: process.memoryUsage.rss(),
      cpuMicros: user + system,
      requestLog: { ...this.#requestLog.counters, mode: this.#requestLog.mode },
      eventsLost: this.#options.events.lost,
      front: this.#front.status(),
    };
  }
}

function explainingTheLog<T>(config: Config, open: () => T): T {
  try {
    return open();
  } catch (cause) {
    const { to } = config.requestLog;
    const at = typeof to === 'string' ? to : to.file;
    throw new Error(
      `requestLog.to: cannot append to ${at}: ${String(cause)}; create its directory and let this user write there`,
      { cause },
    );
  }
}
