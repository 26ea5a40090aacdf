// Keeps the certificates of all sites: one after the other, each when it is due, for as long as the service lives.
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AcmeChallenge, ChallengeKind } from '@tollgate/core';
import { Care, type AcmeLog, type CertificateStatus, type WantedCertificate } from './care.ts';
import type { CertificatePair } from './certificate/pair.ts';
import { issue } from './issue.ts';
import { signIn, type AccountWish } from './protocol/account.ts';
import type { Patience } from './protocol/order.ts';
import { readRenewalAdvice, type RenewalAdvice } from './protocol/renewal-info.ts';
import { Session } from './protocol/session.ts';
import { Transport } from './protocol/transport.ts';
import { accountKey, keepAccount, knownAccount } from './state/account-file.ts';
import { StateDirectory } from './state/directory.ts';
import { tidy } from './state/tidy.ts';

export interface KeeperOptions {
  readonly directoryUrl: string;
  readonly account: AccountWish;
  /** PEM of the authorities that vouch for the directory, in place of the system's. */
  readonly ca: string | undefined;
  /** In order of preference; at least one. */
  readonly challenges: readonly ChallengeKind[];
  /** The authority's own room; absolute. */
  readonly room: string;
  readonly userAgent: string;
  readonly log: AcmeLog;
  /** The whole set of questions, in place of the last. Resolves when every process of the front answers them. */
  readonly publish: (challenges: readonly AcmeChallenge[]) => Promise<void>;
  /** There is a new certificate in the state directory: whoever is told sees to it that it is served. Never rejects. */
  readonly installed: () => Promise<void>;
  readonly pace?: Partial<Pace>;
}

/** Injectable, so that no test waits. */
export interface Pace extends Patience {
  readonly now: () => number;
  /** One attempt takes no longer. */
  readonly attemptMs: number;
}

const PACE: Pace = {
  now: () => Date.now(),
  pollMs: 250,
  attemptMs: 600_000,
  wait: (ms, signal) => sleep(ms, undefined, { signal, ref: false }),
};

/** Timers do not count the time that a machine sleeps. */
const LONGEST_SLEEP_MS = 3_600_000;

export class Keeper {
  readonly #options: KeeperOptions;
  readonly #pace: Pace;
  readonly #directory: StateDirectory;
  readonly #transport: Transport;
  readonly #end = new AbortController();
  #cares: readonly Care[] = [];
  #waking = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#pace = { ...PACE, ...options.pace };
    this.#directory = new StateDirectory(options.room);
    this.#transport = new Transport(options);
  }

  /** Rejects when the state directory cannot be used. Then it works until it is closed. */
  async start(wanted: readonly WantedCertificate[]): Promise<void> {
    await this.#directory.open();
    await this.follow(wanted);
    await tidy(this.#directory, new Set(wanted.map(({ file }) => basename(file))), this.#pace.now());
    this.#running = this.#run();
  }

  /** Replaces what is wanted; what goes on keeps its state. */
  async follow(wanted: readonly WantedCertificate[]): Promise<void> {
    const cares: Care[] = [];
    for (const one of wanted) cares.push(this.#known(one) ?? (await this.#care(one)));
    this.#cares = cares;
    this.#waking.abort();
  }

  /** What failed is tried again soon: somebody may have mended it. */
  hurry(): void {
    for (const care of this.#cares) care.hurry();
    this.#waking.abort();
  }

  status(): readonly CertificateStatus[] {
    return this.#cares.map((care) => care.status());
  }

  /** Ends what is under way; the next start goes on with it. Idempotent. */
  async close(): Promise<void> {
    this.#end.abort();
    this.#waking.abort();
    await this.#running;
    await this.#transport.close();
  }

  #known({ file }: WantedCertificate): Care | undefined {
    return this.#cares.find((care) => care.wanted.file === file);
  }

  async #care(wanted: WantedCertificate): Promise<Care> {
    const care = new Care({
      wanted,
      directory: this.#directory,
      challenges: this.#options.challenges,
      log: this.#options.log,
      now: this.#pace.now,
      ending: this.#end.signal,
      advise: (id) => this.#advise(id),
      order: (asking, challenge) => this.#order(asking, challenge),
    });
    await care.load();
    return care;
  }

  async #run(): Promise<void> {
    while (!this.#end.signal.aborted) {
      await this.#sleepUntilDue();
      for (const care of this.#cares) {
        if (this.#end.signal.aborted) return;
        if (this.#cares.includes(care) && care.dueAt <= this.#pace.now()) await this.#tend(care);
      }
    }
  }

  async #sleepUntilDue(): Promise<void> {
    this.#waking = new AbortController();
    const due = Math.min(...this.#cares.map(({ dueAt }) => dueAt));
    const ms = Math.min(due - this.#pace.now(), LONGEST_SLEEP_MS);
    if (ms <= 0 || this.#end.signal.aborted) return;
    await this.#pace.wait(ms, this.#waking.signal).catch(() => {
      // Woken: something else is wanted.
    });
  }

  async #tend(care: Care): Promise<void> {
    try {
      if (await care.tend()) await this.#options.installed();
    } catch (error) {
      // The disk is full or not ours: without it nothing may be asked of the authority, for it would be asked again.
      this.#options.log.error({ err: error, file: care.wanted.file }, 'certificate state cannot be kept');
      await this.#pace.wait(60_000, this.#end.signal).catch(() => {
        // Closed.
      });
    }
  }

  async #session(): Promise<Session> {
    const { directoryUrl } = this.#options;
    return new Session({
      transport: this.#transport,
      directoryUrl,
      accountKey: await accountKey(this.#directory),
      signal: AbortSignal.any([this.#end.signal, AbortSignal.timeout(this.#pace.attemptMs)]),
      now: this.#pace.now,
    });
  }

  async #advise(id: string): Promise<RenewalAdvice | undefined> {
    return readRenewalAdvice(await this.#session(), id);
  }

  async #order(care: Care, challenge: ChallengeKind): Promise<CertificatePair> {
    const { account, publish } = this.#options;
    const session = await this.#session();
    const keep = keepAccount.bind(undefined, this.#directory);
    await keep(await signIn(session, account, await knownAccount(this.#directory)));
    try {
      return await issue({
        session,
        account,
        names: care.wanted.names,
        replaces: care.replaces,
        challenge,
        order: care.kept,
        patience: this.#pace,
        keepOrder: (order) => care.keepOrder(order),
        keepAccount: keep,
        publish,
      });
    } finally {
      await publish([]);
    }
  }
}
