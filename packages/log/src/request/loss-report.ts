// Tells the event log of lost lines and failed writes: at most once a second, whatever is lost.
import type { EventLog } from '../event/log.ts';
import type { WriterCounters } from '../sink/writer.ts';

const SECOND_MS = 1000;

export class LossReport {
  readonly #eventLog: EventLog;
  readonly #counters: () => WriterCounters;
  #told: WriterCounters = { written: 0, dropped: 0, failedWrites: 0 };
  #cause = 'unknown';
  #timer: NodeJS.Timeout | undefined;

  constructor(eventLog: EventLog, counters: () => WriterCounters) {
    this.#eventLog = eventLog;
    this.#counters = counters;
  }

  note(cause: string): void {
    this.#cause = cause;
    this.#timer ??= setTimeout(() => this.#tell(), SECOND_MS).unref();
  }

  /** Tells what has not been told. */
  close(): void {
    clearTimeout(this.#timer);
    this.#tell();
  }

  #tell(): void {
    this.#timer = undefined;
    const now = this.#counters();
    const lost = now.dropped - this.#told.dropped;
    if (lost === 0 && now.failedWrites === this.#told.failedWrites) return;
    this.#told = now;
    const { dropped: lostInAll, failedWrites } = now;
    this.#eventLog.warn(
      { lost, lostInAll, failedWrites, cause: this.#cause },
      'request log cannot be written',
    );
  }
}
