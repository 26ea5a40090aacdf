// The care for one certificate: what is held, when something is due, one attempt to get a new one, and what came of it.
import { basename } from 'node:path';
import type { ChallengeKind } from '@tollgate/core';
import { readPair, sameNames, type CertificatePair } from './certificate/pair.ts';
import { ValidationFailure } from './issue.ts';
import { printable } from './printable.ts';
import { AcmeProblem } from './protocol/problem.ts';
import type { RenewalAdvice } from './protocol/renewal-info.ts';
import { renewalTime, restAfterIssueMs, retryDelayMs } from './schedule.ts';
import type { StateDirectory } from './state/directory.ts';
import { byThisClock, keepProgress, NO_PROGRESS, readProgress, type Progress } from './state/progress.ts';

/** All of the event log that this package speaks through. */
export type AcmeLog = Readonly<
  Record<'debug' | 'info' | 'warn' | 'error', (fields: object, text: string) => void>
>;

export interface WantedCertificate {
  /** In ASCII, lower case, no wildcards; at least one. */
  readonly names: readonly string[];
  /** Absolute path of the PEM file, in the authority's room of the state directory. */
  readonly file: string;
}

export interface CertificateStatus {
  readonly names: readonly string[];
  readonly state: 'none' | 'held' | 'expired';
  /** ISO 8601; null without a certificate. */
  readonly expiresAt: string | null;
  /** When it will be renewed, or tried again. */
  readonly nextTryAt: string;
  readonly failures: number;
  /** Why the last attempt failed. */
  readonly why: string | null;
}

export interface CareOptions {
  readonly wanted: WantedCertificate;
  readonly directory: StateDirectory;
  /** In order of preference; at least one. */
  readonly challenges: readonly ChallengeKind[];
  readonly log: AcmeLog;
  readonly now: () => number;
  /** What an end interrupts is no failure. */
  readonly ending: AbortSignal;
  /** Asks the authority; rejects when it has no answer. */
  readonly advise: (certificateId: string) => Promise<RenewalAdvice | undefined>;
  /** Gets a certificate; `care` keeps what must survive a crash. */
  readonly order: (care: Care, challenge: ChallengeKind) => Promise<CertificatePair>;
}

const HOUR_MS = 3_600_000;
const ASK_ADVICE_MS = 6 * HOUR_MS;
const NO_ADVICE_MS = 24 * HOUR_MS;
/** The longest limit of a large authority (duplicates of a certificate: a week). More is a mistake, not a wish. */
const LONGEST_ASKED_MS = 7 * 24 * HOUR_MS;
const LONGEST_REASON = 4000;
/** A person who reloads has mended something; more often than this it is a script. */
const HURRY_MS = 2000;

export class Care {
  readonly #options: CareOptions;
  readonly #progressName: string;
  #progress: Progress = NO_PROGRESS;
  #pair: CertificatePair | undefined;
  #advice: RenewalAdvice | undefined;
  #advisedAt = 0;
  #adviceAt = 0;

  constructor(options: CareOptions) {
    this.#options = options;
    this.#progressName = basename(options.wanted.file).replace(/\.pem$/, '.json');
  }

  get wanted(): WantedCertificate {
    return this.#options.wanted;
  }

  get kept(): Progress['order'] {
    return this.#progress.order;
  }

  /** RFC 9773 5: only what still counts can be replaced. */
  get replaces(): string | undefined {
    return this.#pair === undefined || this.#pair.notAfter < this.#options.now() ? undefined : this.#pair.id;
  }

  async load(): Promise<void> {
    const { directory, wanted, log } = this.#options;
    const noted = await readProgress(directory, this.#progressName);
    this.#progress = noted;
    this.#heedClock();
    // Else each start would wait anew.
    if (this.#progress !== noted) await this.#keep(this.#progress);
    const pem = await directory.read(basename(wanted.file));
    if (pem === undefined) return;
    try {
      const pair = readPair(pem);
      if (sameNames(pair.names, wanted.names)) this.#pair = pair;
      // Died between the two files: the order is done.
      if (pair.pem.startsWith(this.#progress.order?.key.trim() ?? ' ')) await this.keepOrder(undefined);
    } catch (error) {
      log.warn({ err: error, file: wanted.file }, 'a kept certificate cannot be read; another is ordered');
    }
  }

  /** Milliseconds since 1970. */
  get dueAt(): number {
    this.#heedClock();
    const adviceAt = this.#pair?.id === undefined ? Number.POSITIVE_INFINITY : this.#adviceAt;
    return Math.min(this.#orderAt, adviceAt);
  }

  /** Does what is due. Never rejects, except for what the state directory says. True: there is a new certificate. */
  async tend(): Promise<boolean> {
    const { now } = this.#options;
    if (this.#pair?.id !== undefined && this.#adviceAt <= now()) await this.#askAdvice(this.#pair.id);
    return this.#orderAt <= now() ? this.#attempt() : false;
  }

  /** Something was mended: what failed is tried soon, unless the authority asked to wait. */
  hurry(): void {
    this.#heedClock();
    const { failures, lastTryAt, askedToWaitUntil, nextTryAt } = this.#progress;
    if (failures === 0) return;
    const soonest = Math.max(lastTryAt + HURRY_MS, askedToWaitUntil);
    this.#progress = { ...this.#progress, nextTryAt: Math.min(nextTryAt, soonest) };
  }

  async keepOrder(order: Progress['order']): Promise<void> {
    const { order: _former, ...rest } = this.#progress;
    await this.#keep(order === undefined ? rest : { ...rest, order });
  }

  status(): CertificateStatus {
    this.#heedClock();
    const expired = this.#pair !== undefined && this.#pair.notAfter < this.#options.now();
    return {
      names: this.#options.wanted.names,
      state: this.#pair === undefined ? 'none' : expired ? 'expired' : 'held',
      expiresAt: this.#pair === undefined ? null : isoTime(this.#pair.notAfter),
      nextTryAt: isoTime(this.#orderAt),
      failures: this.#progress.failures,
      why: this.#progress.why ?? null,
    };
  }

  get #orderAt(): number {
    const wantedAt = this.#pair === undefined ? 0 : renewalTime(this.#pair, this.#advice?.window);
    return Math.max(wantedAt, this.#progress.nextTryAt);
  }

  /** Clocks are set right while we run, and between starts: NTP may come after us. */
  #heedClock(): void {
    const now = this.#options.now();
    this.#progress = byThisClock(this.#progress, now);
    if (this.#advisedAt > now) this.#adviceAt = 0;
  }

  async #askAdvice(id: string): Promise<void> {
    const { advise, now, log, wanted } = this.#options;
    this.#advisedAt = now();
    try {
      this.#advice = await advise(id);
      this.#adviceAt = now() + (this.#advice?.askAgainMs ?? NO_ADVICE_MS);
      const { explanation } = this.#advice ?? {};
      if (explanation !== undefined)
        log.warn({ names: wanted.names, explanation }, 'the authority wants this certificate renewed early');
    } catch (error) {
      // The window known so far holds, or a third of the lifetime.
      this.#adviceAt = now() + ASK_ADVICE_MS;
      log.debug({ err: error, names: wanted.names }, 'no advice when to renew');
    }
  }

  async #attempt(): Promise<boolean> {
    const { order, challenges, ending } = this.#options;
    const before = this.#progress;
    const challenge = this.#challenge(challenges);
    await this.#begin();
    try {
      await this.#hold(await order(this, challenge), challenge);
      return true;
    } catch (error) {
      const { order: kept } = this.#progress;
      if (!ending.aborted) await this.#failed(error, challenge);
      else await this.#keep(kept === undefined ? before : { ...before, order: kept });
      return false;
    }
  }

  /** One crash may be anything; after the second in a row each start waits longer, as after failures. */
  async #begin(): Promise<void> {
    const now = this.#options.now();
    const { cutShort } = this.#progress;
    const nextTryAt = cutShort === 0 ? now : now + retryDelayMs(cutShort, Math.random());
    await this.#keep({ ...this.#progress, lastTryAt: now, cutShort: cutShort + 1, nextTryAt });
  }

  #challenge(allowed: readonly ChallengeKind[]): ChallengeKind {
    const next = allowed.find((kind) => kind === this.#progress.challenge) ?? allowed[0];
    if (next === undefined) throw new Error('expected a kind of challenge, got none');
    return next;
  }

  async #hold(pair: CertificatePair, challenge: ChallengeKind): Promise<void> {
    const { log, wanted, directory, now } = this.#options;
    await directory.write(basename(wanted.file), pair.pem);
    this.#pair = pair;
    this.#advice = undefined;
    this.#adviceAt = 0;
    const lastTryAt = now();
    const nextTryAt = lastTryAt + restAfterIssueMs(pair);
    await this.#keep({ ...NO_PROGRESS, challenge, lastTryAt, nextTryAt });
    const renewsAt = isoTime(this.#orderAt);
    log.info({ names: wanted.names, expiresAt: isoTime(pair.notAfter), renewsAt }, 'certificate issued');
  }

  async #failed(error: unknown, tried: ChallengeKind): Promise<void> {
    const { log, now, wanted, challenges } = this.#options;
    const failures = this.#progress.failures + 1;
    const asked = error instanceof AcmeProblem ? Math.min(error.retryAfterMs ?? 0, LONGEST_ASKED_MS) : 0;
    const nextTryAt = now() + Math.max(retryDelayMs(failures, Math.random()), asked);
    const why = printable(reasonOf(error), LONGEST_REASON);
    // Where one way in is shut the other may be open.
    const other = challenges.find((kind) => kind !== tried) ?? tried;
    await this.#keep({
      ...this.#progress,
      failures,
      cutShort: 0,
      lastTryAt: now(),
      nextTryAt,
      askedToWaitUntil: now() + asked,
      why,
      challenge: error instanceof ValidationFailure ? other : tried,
    });
    const fields = { names: wanted.names, why, failures, nextTryAt: isoTime(nextTryAt) };
    const { state } = this.status();
    if (state === 'held') log.warn(fields, 'certificate not renewed; the one in use goes on');
    else log.error(fields, `no certificate; the site is served with ${standIn(state)}`);
  }

  async #keep(progress: Progress): Promise<void> {
    this.#progress = progress;
    await keepProgress(this.#options.directory, this.#progressName, progress);
  }
}

function standIn(state: CertificateStatus['state']): string {
  return state === 'expired' ? 'the one that has expired' : 'a self-signed one';
}

/** With what it was caused by: undici hides the address that refused there. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const text = error.message === '' && 'code' in error ? String(error.code) : error.message;
  return error.cause instanceof Error && !(error instanceof AcmeProblem)
    ? `${text}: ${reasonOf(error.cause).slice(0, 300)}`
    : text;
}

function isoTime(ms: number): string {
  return new Date(Math.max(0, ms)).toISOString();
}
