// Changes while it serves, one after the other: a changed configuration when told, changed certificates when noticed.
// All or nothing: what cannot be applied leaves what runs as it is, and says why.
import type { Config, RequestLogMode } from '@tollgate/core';
import type { OwnedEventLog } from '@tollgate/log';
import type { Loaded } from '../configuration/load.ts';
import type { ReloadOutcome } from './admin/answers.ts';
import type { Service } from './service.ts';
import type { Status } from './status.ts';
import { FileWatch } from './watch.ts';

export interface ReloadsOptions {
  readonly service: Service;
  /** What runs at the start. */
  readonly config: Config;
  readonly events: OwnedEventLog;
  /** Reads the same file with the same flags and environment again. */
  readonly load: () => Loaded;
  /** After each change that took effect. */
  readonly onChange: () => Promise<void>;
}

export class Reloads {
  readonly #options: ReloadsOptions;
  readonly #certificates = new FileWatch(() => void this.loadCertificates());
  #config: Config;
  #last: Status['lastReload'] = null;
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

  close(): void {
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

  /** New certificates were put where the configuration in force looks for them. Never rejects. */
  async loadCertificates(): Promise<void> {
    await this.#inTurn(() => this.#certificatesChanged());
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
    return this.#apply(loaded.config, 'reloaded');
  }

  async #certificatesChanged(): Promise<void> {
    // The configuration file may be half edited: only the certificates were asked for.
    await this.#apply(this.#config, 'certificates changed, loaded them');
  }

  async #apply(config: Config, done: string): Promise<ReloadOutcome> {
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
    events.log.info({ file: config.file }, done);
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
