// The life of a serving process: start, ready, reload when told, drain when told, end. Signals, the admin listener
// and systemd all come together here and give the same few orders to the service.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '@tollgate/core';
import type { OwnedEventLog } from '@tollgate/log';
import type { BoundAddress, Purge } from '@tollgate/proxy';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Loaded } from '../configuration/load.ts';
import { readVersion } from '../version.ts';
import type { AdminDuties, ReloadOutcome } from './admin/answers.ts';
import { openAdmin, type Admin } from './admin/server.ts';
import { describeServing } from './greeting.ts';
import { watchMachine, type Watch } from './guard.ts';
import { LiveFeed } from './live/feed.ts';
import { Looker } from './live/look.ts';
import { expose, type Exposition } from './metrics/exposition.ts';
import { readMachine } from './metrics/machine.ts';
import { metricFamilies } from './metrics/metrics.ts';
import { OrderedCertificates } from './ordered-certificates.ts';
import { Reloads } from './reloads.ts';
import type { Service } from './service.ts';
import type { Status } from './status.ts';
import type { Notifier } from './systemd/notify.ts';
import { rotateTicketKeys } from './ticket-keys.ts';

export interface LifeOptions {
  readonly service: Service;
  readonly config: Config;
  readonly events: OwnedEventLog;
  readonly notifier: Notifier;
  readonly inherited: ReadonlyMap<string, number>;
  /** Reads the same file with the same flags and environment again. */
  readonly load: () => Loaded;
}

/** The front ends its own drain; this much later it is taken to hang. */
const DRAIN_GRACE_MS = 2000;

export class Life {
  readonly #options: LifeOptions;
  readonly #reloads: Reloads;
  readonly #ordered: OrderedCertificates;
  readonly #live: LiveFeed;
  readonly #startedMs = Date.now();
  readonly #ended = Promise.withResolvers<ExitCode>();
  #state: Status['state'] = 'starting';
  #bound: readonly BoundAddress[] = [];
  #admin: Admin | undefined;
  #machine: Watch | undefined;
  #rotation: NodeJS.Timeout | undefined;

  constructor(options: LifeOptions) {
    this.#options = options;
    this.#reloads = new Reloads({ ...options, onChange: () => this.#lookWhereItListens() });
    this.#ordered = new OrderedCertificates({
      service: options.service,
      log: options.events.log,
      installed: () => this.#reloads.loadCertificates(),
    });
    const looker = new Looker({
      figures: () => options.service.figures(),
      machine: () => readMachine(this.#machine),
    });
    this.#live = new LiveFeed({
      look: () => looker.look(),
      onIdle: () => this.#endSampling(),
    });
  }

  /** Resolves with the exit code when all is closed. Rejects when the service cannot start. */
  async run(): Promise<ExitCode> {
    this.#heedSignals();
    try {
      // Told to end meanwhile, it does not wait for an app that may never be ready.
      await Promise.race([this.#start(), this.#ended.promise]);
    } catch (error) {
      await this.#close();
      throw error;
    }
    const code = await this.#ended.promise;
    await this.#close();
    return code;
  }

  #heedSignals(): void {
    process.on('SIGTERM', () => this.#leave('SIGTERM'));
    process.on('SIGINT', () => this.#leave('SIGINT'));
    process.on('SIGHUP', () => void this.#reload());
    process.on('SIGUSR1', () => void this.#reopen());
  }

  async #start(): Promise<void> {
    const { service, config, events, inherited, notifier } = this.#options;
    this.#bound = await service.start();
    if (this.#state !== 'starting') return;
    const { admin } = config;
    if (admin !== undefined) this.#admin = await openAdmin(admin.address, this.#duties(), inherited);
    if (this.#state !== 'starting') return this.#admin?.close();
    this.#machine = watchMachine(events.log, () => new Set(this.#bound.map(({ port }) => port)));
    this.#rotation = rotateTicketKeys((keys) => this.#useTicketKeys(keys));
    this.#state = 'serving';
    events.say(describeServing(config, this.#bound, this.#admin?.at, process.stderr.isTTY));
    notifier.ready();
    void this.#ordered.follow(config);
  }

  #duties(): AdminDuties {
    return {
      isReady: () => this.#state === 'serving',
      status: () => this.#status(),
      reload: () => this.#reload(),
      metrics: (accept) => this.#metrics(accept),
      setRequestLogMode: (mode) => this.#reloads.setRequestLogMode(mode),
      sampleLayers: (on) => this.#sampleLayers(on),
      purge: (purge) => this.#purge(purge),
      readers: () => this.#reloads.config.admin?.metrics,
      live: this.#live,
    };
  }

  async #purge(purge: Purge): Promise<number> {
    const purged = await this.#options.service.purge(purge);
    this.#options.events.log.info({ purge, purged }, 'caches purged');
    return purged;
  }

  /** Somebody must look on: else nobody would end it. */
  async #sampleLayers(on: boolean): Promise<void> {
    if (on && this.#live.watchers === 0) throw new Error('layers are sampled while the live page is open');
    await this.#options.service.sampleLayers(on);
    this.#options.events.log.info({ on }, 'layers are sampled for the live page');
  }

  #endSampling(): void {
    this.#options.service.sampleLayers(false).catch((error: unknown) => {
      this.#options.events.log.warn({ err: error }, 'a worker goes on to sample its layers');
    });
  }

  async #metrics(accept: string | undefined): Promise<Exposition> {
    const life = {
      version: readVersion(),
      state: this.#state,
      startedMs: this.#startedMs,
      lastReload: this.#reloads.last,
      lastCertificateLoad: this.#reloads.lastCertificateLoad,
      ordered: this.#ordered.status(),
    };
    const figures = await this.#options.service.figures();
    return expose(metricFamilies(life, figures, readMachine(this.#machine)), accept);
  }

  async #status(): Promise<Status> {
    return {
      version: readVersion(),
      state: this.#state,
      pid: process.pid,
      startedAt: new Date(this.#startedMs).toISOString(),
      uptimeMs: Date.now() - this.#startedMs,
      configuration: this.#reloads.config.file,
      listening: this.#bound,
      lastReload: this.#reloads.last,
      lastCertificateLoad: this.#reloads.lastCertificateLoad,
      machine: this.#machine?.reading ?? null,
      ordered: this.#ordered.status(),
      processes: await this.#options.service.status(),
    };
  }

  async #reload(): Promise<ReloadOutcome> {
    if (this.#state !== 'serving') {
      const message = `cannot reload: the process is ${this.#state}`;
      this.#options.events.log.warn(message);
      return { ok: false, reason: 'failure', errors: [message] };
    }
    const { notifier } = this.#options;
    notifier.reloading();
    const outcome = await this.#reloads.reload();
    if (this.#state === 'serving') notifier.ready();
    if (outcome.ok) void this.#ordered.follow(this.#reloads.config);
    return outcome;
  }

  /** A reload may have opened and closed listeners. */
  async #lookWhereItListens(): Promise<void> {
    const processes = await this.#options.service.status();
    this.#bound =
      processes.find(({ report }) => report !== undefined)?.report?.front.listening ?? this.#bound;
  }

  async #reopen(): Promise<void> {
    const { service, events } = this.#options;
    try {
      await service.reopen();
      events.log.info('logs reopened');
    } catch (error) {
      events.log.error({ err: error }, 'logs cannot be reopened; the old files stay in use');
    }
  }

  #useTicketKeys(keys: Buffer): void {
    const { service, events } = this.#options;
    service.setTicketKeys(keys).catch((error: unknown) => {
      events.log.warn({ err: error }, 'new session ticket keys did not reach every worker');
    });
  }

  /** The first time drains; the second ends at once. Who does not serve yet has nobody to wait for, and nothing is wrong. */
  #leave(signal: NodeJS.Signals): void {
    switch (this.#state) {
      case 'serving':
        return void this.#drain(signal);
      case 'starting':
        this.#options.events.log.info({ signal }, 'ending before it served');
        this.#state = 'ended';
        this.#options.notifier.stopping();
        return this.#ended.resolve(EXIT.ok);
      case 'draining':
        this.#options.events.log.warn({ signal }, 'ending at once: open connections are cut');
        this.#state = 'ended';
        return this.#ended.resolve(EXIT.failure);
      case 'ended':
        // Closing itself hangs: whoever asks again means it.
        process.exit(EXIT.failure);
    }
  }

  async #drain(signal: NodeJS.Signals): Promise<void> {
    const { service, events, notifier } = this.#options;
    const { drainMs } = this.#reloads.config.timeouts;
    this.#state = 'draining';
    events.log.info(
      { signal, drainMs },
      'draining: nothing new is accepted; the same signal again ends at once',
    );
    notifier.stopping();
    void this.#ordered.close();
    const late = sleep(drainMs + DRAIN_GRACE_MS, 'late', { ref: false });
    const how = await Promise.race([service.drain(), late]);
    if (how === 'late') events.log.warn({ drainMs }, 'connections are still open after the drain time');
    this.#ended.resolve(EXIT.ok);
  }

  async #close(): Promise<void> {
    const { service, events, notifier } = this.#options;
    const began = this.#state !== 'starting';
    this.#state = 'ended';
    clearInterval(this.#rotation);
    this.#machine?.close();
    this.#reloads.close();
    const orderedEnd = this.#ordered.close();
    this.#live.close();
    this.#admin?.close();
    notifier.close();
    await service.close();
    // Only now: it may be waiting for a worker that hangs.
    await orderedEnd;
    if (began) events.log.info('ended');
  }
}
