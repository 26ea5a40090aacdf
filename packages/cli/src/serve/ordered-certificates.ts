// The ACME client as the serving process runs it: one for all workers, started when a site wants a certificate ordered,
// changed by reloads, ended before anything else closes.
import { readFile } from 'node:fs/promises';
import { Keeper, type CertificateStatus, type KeeperOptions, type WantedCertificate } from '@tollgate/acme';
import type { AcmeConfig, Config } from '@tollgate/core';
import type { EventLog } from '@tollgate/log';
import { readVersion } from '../version.ts';
import type { Service } from './service.ts';

export interface OrderedCertificatesOptions {
  readonly service: Pick<Service, 'setChallenges'>;
  readonly log: EventLog;
  /** There is a new certificate in the state directory: load it, and try until it is served. Never rejects. */
  readonly installed: () => Promise<void>;
}

export interface OrderedStatus {
  /** https address of the authority. */
  readonly directory: string;
  readonly certificates: readonly CertificateStatus[];
}

/** All that an authority is asked with; its files read, so that a changed one counts as well. */
interface Settings extends AcmeConfig {
  readonly caText: string | undefined;
  readonly account: KeeperOptions['account'];
}

interface Running {
  readonly settings: Settings;
  readonly keeper: Keeper;
}

export class OrderedCertificates {
  readonly #options: OrderedCertificatesOptions;
  #running: Running | undefined;
  #turn: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: OrderedCertificatesOptions) {
    this.#options = options;
  }

  /** From now on by this configuration; somebody may have mended what failed. Never rejects. */
  follow(config: Config): Promise<void> {
    this.#turn = this.#turn.then(() => this.#follow(config)).catch((error: unknown) => this.#cannot(error));
    return this.#turn;
  }

  status(): OrderedStatus | null {
    if (this.#running === undefined) return null;
    const { settings, keeper } = this.#running;
    return { directory: settings.directory, certificates: keeper.status() };
  }

  /** What is under way is left to the next start. Idempotent. */
  close(): Promise<void> {
    this.#closed = true;
    this.#turn = this.#turn.then(() => this.#stop());
    return this.#turn;
  }

  async #follow({ acme, sites }: Config): Promise<void> {
    if (this.#closed) return;
    const wanted = sites.flatMap(({ tls }) => (tls.kind === 'acme' ? [tls] : []));
    if (acme === undefined || wanted.length === 0) return this.#stop();
    const settings = await settingsOf(acme);
    const { keeper } = this.#running ?? {};
    if (keeper === undefined || JSON.stringify(this.#running?.settings) !== JSON.stringify(settings)) {
      await this.#stop();
      return this.#start(settings, wanted, keeper !== undefined);
    }
    await keeper.follow(wanted);
    keeper.hurry();
  }

  async #start(settings: Settings, wanted: readonly WantedCertificate[], mended: boolean): Promise<void> {
    const { service, log, installed } = this.#options;
    const keeper = new Keeper({
      directoryUrl: settings.directory,
      account: settings.account,
      ca: settings.caText,
      challenges: settings.challenges,
      room: settings.room,
      userAgent: `tollgate/${readVersion()}`,
      log,
      publish: (challenges) => service.setChallenges(challenges),
      installed,
    });
    await keeper.start(wanted).catch(async (error: unknown) => {
      await keeper.close();
      throw error;
    });
    this.#running = { settings, keeper };
    if (mended) keeper.hurry();
  }

  async #stop(): Promise<void> {
    const { keeper } = this.#running ?? {};
    this.#running = undefined;
    await keeper?.close();
  }

  #cannot(error: unknown): void {
    this.#options.log.error({ err: error }, 'certificates cannot be ordered; what runs goes on');
  }
}

async function settingsOf(acme: AcmeConfig): Promise<Settings> {
  const caText = acme.ca === undefined ? undefined : await readFile(acme.ca, 'utf8');
  return {
    ...acme,
    caText,
    account: { contacts: acme.contacts, externalAccount: await externalAccount(acme) },
  };
}

async function externalAccount({ externalAccount: account }: AcmeConfig) {
  if (account === undefined) return undefined;
  const text = await readFile(account.key, 'utf8');
  return { id: account.id, secret: Buffer.from(text.trim(), 'base64url') };
}
