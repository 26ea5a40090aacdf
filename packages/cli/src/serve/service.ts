// What a running Tollgate is to whoever steers it: the same orders whether one process serves or a crew of them.
import type { AcmeChallenge, Config, RequestLogMode } from '@tollgate/core';
import type { BoundAddress, Purge } from '@tollgate/proxy';
import type { ServiceFigures } from './figures/figures.ts';
import type { ProcessReport } from './report.ts';

/** One serving process. */
export interface ProcessStatus {
  /** 0 when one process does it all, else the worker's number, from 1. */
  readonly worker: number;
  readonly pid: number;
  /** `undefined`: it did not answer. */
  readonly report: ProcessReport | undefined;
  /** Times it died and was replaced. */
  readonly restarts: number;
}

export interface Service {
  /** Rejects with a sentence that says what to do; then nothing is left running. */
  start(): Promise<readonly BoundAddress[]>;
  /** All or nothing: when it rejects, what ran before goes on. */
  reload(config: Config): Promise<void>;
  /** From their files as they are now. Resolves with what cannot be used, a sentence each: the former is served on. */
  loadCertificates(): Promise<readonly string[]>;
  /** Log files, after logrotate. */
  reopen(): Promise<void>;
  /** Sessions resume in every process that has the same keys. */
  setTicketKeys(keys: Buffer): Promise<void>;
  /** The whole set, in place of the last. Resolves when every process that serves answers them. */
  setChallenges(challenges: readonly AcmeChallenge[]): Promise<void>;
  /** Accepts nothing more; resolves when the last connection has ended. */
  drain(): Promise<void>;
  /** Ends every connection and process now. Idempotent. */
  close(): Promise<void>;
  status(): Promise<readonly ProcessStatus[]>;
  /** What all processes have counted; never falls while this process lives. */
  figures(): Promise<ServiceFigures>;
  /** Holds until the next reload. Rejects when the log cannot be opened; then nothing has changed where it could not. */
  setRequestLogMode(mode: RequestLogMode): Promise<void>;
  /** Whether the layers are sampled; the start stops each serving process for a moment. */
  sampleLayers(on: boolean): Promise<void>;
  /** What all processes have forgotten together, in answers. */
  purge(purge: Purge): Promise<number>;
}
