// What is said of an upstream's failures in the event log: the cause that no client gets to see, and not once per request.
import type { UpstreamServer } from '@tollgate/core';
import type { EventLog } from '../logs.ts';
import type { GroupObserver } from './group.ts';

const EVERY_MS = 1000;

export class FailureLog implements GroupObserver {
  readonly #eventLog: EventLog;
  readonly #now: () => number;
  #lastMs = -Infinity;
  #unsaid = 0;

  /** `now`: monotonic milliseconds. */
  constructor(eventLog: EventLog, now: () => number = () => performance.now()) {
    this.#eventLog = eventLog;
    this.#now = now;
  }

  /** The first of each second; it says how many went unsaid before. */
  failed({ text }: UpstreamServer, cause: Error): void {
    const now = this.#now();
    if (now - this.#lastMs < EVERY_MS) {
      this.#unsaid += 1;
      return;
    }
    this.#lastMs = now;
    const more = this.#unsaid > 0 ? { unsaid: this.#unsaid } : {};
    this.#unsaid = 0;
    this.#eventLog.warn({ upstream: text, err: cause, ...more }, 'the upstream server failed a request');
  }

  marked({ text }: UpstreamServer): void {
    this.#eventLog.warn({ upstream: text }, 'the upstream server fails and is left alone for a while');
  }

  unhealthy({ text }: UpstreamServer, fault: string): void {
    this.#eventLog.warn({ upstream: text, fault }, 'the upstream server fails its checks and is out of use');
  }

  healthy({ text }: UpstreamServer): void {
    this.#eventLog.info({ upstream: text }, 'the upstream server passes its checks again');
  }

  back({ text }: UpstreamServer): void {
    this.#eventLog.info({ upstream: text }, 'the upstream server is back');
  }
}
