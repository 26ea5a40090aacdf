// The life of a serving process: start, ready, reload when told, drain when told, end. Signals, the admin listener,
// systemd and changed certificates all come together here and give the same few orders to the service.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '@tollgate/core';
import type { OwnedEventLog } from '@tollgate/log';
import type { BoundAddress } from '@tollgate/proxy';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Loaded } from '../configuration/load.ts';
import { readVersion } from '../version.ts';
import { openAdmin, type Admin, type AdminDuties, type ReloadOutcome } from './admin/server.ts';
import { describeServing } from './greeting.ts';
import { watchMachine, type Watch } from './guard.ts';
import type { Service } from './service.ts';
import type { Status } from './status.ts';
import type { Notifier } from './systemd/notify.ts';
import { newTicketKeys, rotateTicketKeys } from './ticket-keys.ts';
import { FileWatch } from './watch.ts';

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
  readonly #startedMs = Date.now();
  readonly #ended = Promise.withResolvers<ExitCode>();
  readonly #certificates = new FileWatch(() => void this.#inTurn(() => this.#certificatesChanged()));
  #state: Status['state'] = 'starting';
  #config: Config;
  #bound: readonly BoundAddress[] = [];
  #admin: Admin | undefined;
  #machine: Watch | undefined;
  #rotation: NodeJS.Timeout | undefined;
  /** Reloads run one after the other; whoever asks while one waits to begin shares it. */
  #turn: Promise<unknown> = Promise.resolve();
  #nextReload: Promise<ReloadOutcome> | undefined;
  #lastReload: Status['lastReload'] = null;

  constructor(options: LifeOptions) {
    this.#options = options;
    this.#config = options.config;
  }

  /** Resolves with the exit code when all is closed. Rejects when the service cannot start. */
  async run(): Promise<ExitCode> {
    this.#heedSignals();
    try {
      await this.#start();
    } catch (error) {
      await this.#close();
      throw error;
    }
    const code = await this.#ended.promise;
    await this.#close();
    return code;
  }

  async #start(): Promise<void> {
    const { service, config, events, inherited, notifier } = this.#options;
    this.#bound = await service.start();
    if (config.admin !== undefined) this.#admin = await openAdmin(config.admin, this.#duties(), inherited);
    this.#followCertificates();
    this.#machine = watchMachine(events.log, () => new Set(this.#bound.map(({ port }) => port)));
    this.#rotation = rotateTicketKeys((keys) => this.#useTicketKeys(keys));
    if (this.#state !== 'starting') return;
    this.#state = 'serving';
    events.say(describeServing(config, this.#bound, this.#admin?.at, process.stderr.isTTY));
    notifier.ready();
  }

  #heedSignals(): void {
    process.on('SIGTERM', () => this.#leave('SIGTERM'));
    process.on('SIGINT', () => this.#leave('SIGINT'));
    process.on('SIGHUP', () => void this.reload());
    process.on('SIGUSR1', () => void this.#reopen());
  }

  /** The first time drains; the second ends at once. */
  #leave(signal: NodeJS.Signals): void {
    const { events, notifier } = this.#options;
    if (this.#state === 'draining' || this.#state === 'starting') {
      events.log.warn({ signal }, 'ending at once: open connections are cut');
      this.#ended.resolve(EXIT.failure);
      this.#state = 'ended';
      return;
    }
    // Closing itself hangs: whoever asks again means it.
    if (this.#state === 'ended') process.exit(EXIT.failure);
    this.#state = 'draining';
    const { drainMs } = this.#config.timeouts;
    events.log.info(
      { signal, drainMs },
      'draining: nothing new is accepted; the same signal again ends at once',
    );
    notifier.stopping();
    void this.#drain(drainMs);
  }

  async #drain(drainMs: number): Promise<void> {
    const { service, events } = this.#options;
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
    this.#certificates.close();
    this.#admin?.close();
    notifier.close();
    await service.close();
    if (began) events.log.info('ended');
  }

  #duties(): AdminDuties {
    return {
      isReady: () => this.#state === 'serving',
      status: () => this.#status(),
      reload: () => this.reload(),
    };
  }

  async #status(): Promise<Status> {
    return {
      version: readVersion(),
      state: this.#state,
      pid: process.pid,
      startedAt: new Date(this.#startedMs).toISOString(),
      uptimeMs: Date.now() - this.#startedMs,
      configuration: this.#config.file,
      listening: this.#bound,
      lastReload: this.#lastReload,
      machine: this.#machine?.reading ?? null,
      processes: await this.#options.service.status(),
    };
  }

  /** Never rejects: a reload that fails leaves what runs as it is, and says why. */
  reload(): Promise<ReloadOutcome> {
    this.#nextReload ??= this.#inTurn(() => {
      this.#nextReload = undefined;
      return this.#reloadNow();
    });
    return this.#nextReload;
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(task);
    this.#turn = mine.catch(() => {
      // Told to whoever asked; the next in turn goes on.
    });
    return mine;
  }

  async #reloadNow(): Promise<ReloadOutcome> {
    this.#options.notifier.reloading();
    const outcome = await this.#tryReload();
    this.#lastReload = { at: new Date().toISOString(), outcome };
    this.#options.notifier.ready();
    return outcome;
  }

  async #tryReload(): Promise<ReloadOutcome> {
    const { log } = this.#options.events;
    const loaded = this.#options.load();
    if (!loaded.ok) {
      log.error({ errors: loaded.errors }, 'reload: the configuration has mistakes; what runs goes on');
      return { ok: false, reason: 'configuration', errors: loaded.errors };
    }
    return this.#apply(loaded.config, 'reloaded');
  }

  async #apply(config: Config, done: string): Promise<ReloadOutcome> {
    const { service, events } = this.#options;
    try {
      await service.reload(config);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      events.log.error({ err: error }, 'reload failed; what runs goes on');
      return { ok: false, reason: 'failure', errors: [message] };
    }
    this.#warnOfRestarts(config);
    this.#config = config;
    events.log.level = config.logLevel;
    this.#followCertificates();
    events.log.info({ file: config.file }, done);
    return { ok: true };
  }

  #warnOfRestarts(next: Config): void {
    const { log } = this.#options.events;
    const { workers, admin } = this.#options.config;
    if (next.workers !== workers)
      log.warn({ workers: next.workers }, 'workers: takes effect after a restart');
    if (JSON.stringify(next.admin) !== JSON.stringify(admin)) log.warn('admin: takes effect after a restart');
  }

  async #certificatesChanged(): Promise<void> {
    // The configuration file may be half edited: only the certificates were asked for.
    await this.#apply(this.#config, 'certificates changed, loaded them');
  }

  #followCertificates(): void {
    const files = this.#config.sites.flatMap(({ tls }) =>
      tls.kind === 'files' ? [tls.certificate, tls.key] : [],
    );
    this.#certificates.follow([...new Set(files)]);
  }

  #useTicketKeys(keys = newTicketKeys()): void {
    const { service, events } = this.#options;
    service.setTicketKeys(keys).catch((error: unknown) => {
      events.log.warn({ err: error }, 'new session ticket keys did not reach every worker');
    });
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
}
