// Changes while it serves, one after the other: a changed configuration when told, changed certificates when noticed.
// A configuration is taken all or nothing: what cannot be applied leaves what runs as it is, and says why. Certificates
// are taken site by site, and what could not be loaded is tried again until it is: nobody else would offer it again.
import type { Config, RequestLogMode } from '@tollgate/core';
import type { OwnedEventLog } from '@tollgate/log';
import type { Loaded } from '../configuration/load.ts';
import type { ReloadOutcome } from './admin/answers.ts';
import type { Service } from './service.ts';
import type { Status } from './status.ts';
import { FileWatch } from './watch.ts';

export interface ReloadsOptions {
  readonly service: Pick<Service, 'reload' | 'loadCertificates' | 'setRequestLogMode'>;
  /** What runs at the start. */
  readonly config: Config;
  readonly events: Pick<OwnedEventLog, 'log'>;
  /** Reads the same file with the same flags and environment again. */
  readonly load: () => Loaded;
  /** After each change that took effect. */
  readonly onChange: () => Promise<void>;
  /** From a certificate that could not be loaded to the next try; by default a minute. */
  readonly retryMs?: number;
}

const RETRY_MS = 60_000;

export class Reloads {
  readonly #options: ReloadsOptions;
  readonly #certificates = new FileWatch(() => void this.loadCertificates());
  #config: Config;
  #last: Status['lastReload'] = null;
  #lastCertificateLoad: Status['lastCertificateLoad'] = null;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;
  #turn: Promise<unknown> = Promise.resolve();
  /** Whoever asks while a reload waits to begin shares it. */
  #next: Promise<ReloadOutcome> | undefined;

  constructor(options: ReloadsOptions) {
    this.#options = options;
    this.#config = options.config;
    this.#followCertificates();
  }

  /** The configuration in force. */
  get config(): Config {
    return this.#config;
  }

  get last(): Status['lastReload'] {
    return this.#last;
  }

  get lastCertificateLoad(): Status['lastCertificateLoad'] {
    return this.#lastCertificateLoad;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#certificates.close();
  }

  /** Never rejects. */
  reload(): Promise<ReloadOutcome> {
    this.#next ??= this.#inTurn(async () => {
      this.#next = undefined;
      const outcome = await this.#reloadNow();
      this.#last = { at: new Date().toISOString(), outcome };
      return outcome;
    });
    return this.#next;
  }

  /**
   * New certificates were put where the configuration in force looks for them. Resolves after the first try; what could
   * not be loaded is tried again. Never rejects.
   */
  loadCertificates(): Promise<void> {
    return this.#inTurn(() => this.#loadCertificatesNow());
  }

  /** Until the next reload, which takes the file's. Rejects, and changes nothing, when the log cannot be opened. */
  setRequestLogMode(mode: RequestLogMode): Promise<void> {
    return this.#inTurn(async () => {
      const { service, events } = this.#options;
      const { requestLog } = this.#config;
      await service.setRequestLogMode(mode);
      this.#config = { ...this.#config, requestLog: { ...requestLog, mode } };
      events.log.warn(
        { from: requestLog.mode, to: mode },
        'the request log was switched at the admin listener; the next reload switches it back',
      );
    });
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(task);
    this.#turn = mine.catch(() => {
      // Told to whoever asked; the next in turn goes on.
    });
    return mine;
  }

  async #reloadNow(): Promise<ReloadOutcome> {
    const { load, events } = this.#options;
    const loaded = load();
    if (!loaded.ok) {
      events.log.error(
        { errors: loaded.errors },
        'reload: the configuration has mistakes; what runs goes on',
      );
      return { ok: false, reason: 'configuration', errors: loaded.errors };
    }
    for (const warning of loaded.warnings) events.log.warn(warning);
    return this.#apply(loaded.config);
  }

  /** The configuration file may be half edited: only the certificates were asked for. */
  async #loadCertificatesNow(): Promise<void> {
    const { log } = this.#options.events;
    // First: what changes while they are read is seen as a change.
    this.#followCertificates();
    const errors = await this.#unusable();
    this.#loadedCertificates(errors);
    if (errors.length === 0)
      return log.info({ file: this.#config.file }, 'certificates changed, loaded them');
    if (!this.#closed) this.#retry = setTimeout(() => void this.loadCertificates(), this.#retryMs).unref();
    log.error(
      { errors, retryMs: this.#retryMs },
      'certificates cannot be loaded; the former ones are served, and it is tried again',
    );
  }

  async #unusable(): Promise<readonly string[]> {
    try {
      return await this.#options.service.loadCertificates();
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    }
  }

  #loadedCertificates(errors: readonly string[]): void {
    clearTimeout(this.#retry);
    this.#lastCertificateLoad = { at: new Date().toISOString(), errors };
  }

  get #retryMs(): number {
    return this.#options.retryMs ?? RETRY_MS;
  }

  async #apply(config: Config): Promise<ReloadOutcome> {
    const { service, events, onChange } = this.#options;
    try {
      await service.reload(config);
      await onChange();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      events.log.error({ err: error }, 'reload failed; what runs goes on');
      return { ok: false, reason: 'failure', errors: [message] };
    }
    const afterRestart = this.#changedForRestart(config);
    for (const key of afterRestart) events.log.warn(`${key}: takes effect after a restart`);
    this.#config = config;
    events.log.level = config.logLevel;
    this.#followCertificates();
    this.#loadedCertificates([]);
    events.log.info({ file: config.file }, 'reloaded');
    return { ok: true, afterRestart };
  }

  #changedForRestart(next: Config): readonly string[] {
    const { config: atStart } = this.#options;
    const address = (config: Config): string => JSON.stringify(config.admin?.address);
    return [
      ...(next.workers === atStart.workers ? [] : ['workers']),
      ...(address(next) === address(atStart) ? [] : ['admin']),
    ];
  }

  #followCertificates(): void {
    const files = this.#config.sites.flatMap(({ tls }) =>
      tls.kind === 'files' ? [tls.certificate, tls.key] : [],
    );
    this.#certificates.follow([...new Set(files)]);
  }
}
