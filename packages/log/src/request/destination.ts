// Where the lines go, and where they went before: a reload may name another destination, and the old one still empties.
import type { RequestLogDestination } from '@tollgate/core';
import { openSink } from '../sink/open.ts';
import { LineWriter, type WriterCounters, type WriterOptions } from '../sink/writer.ts';

const WRITER = {
  delayMs: 100,
  batchBytes: 64 * 1024,
  boundBytes: 4 * 1024 * 1024,
  retryMs: 1000,
  busyRetryMs: 10,
} as const satisfies Omit<WriterOptions, 'onTrouble'>;

export class Destination {
  readonly #onTrouble: (cause: string) => void;
  #to: RequestLogDestination | undefined;
  #writer: LineWriter | undefined;
  readonly #emptying = new Set<LineWriter>();
  /** Of writers that have emptied and closed. */
  #former: WriterCounters = { written: 0, dropped: 0, failedWrites: 0 };

  constructor(onTrouble: (cause: string) => void) {
    this.#onTrouble = onTrouble;
  }

  get counters(): WriterCounters {
    return this.#writers().reduce((sum, { counters }) => add(sum, counters), this.#former);
  }

  /** Throws the system's error when a file cannot be opened; then nothing has changed. */
  moveTo(to: RequestLogDestination): void {
    if (this.#to !== undefined && same(to, this.#to)) return;
    const former = this.#writer;
    this.#writer = new LineWriter(openSink(to), { ...WRITER, onTrouble: this.#onTrouble });
    this.#to = to;
    if (former !== undefined) void this.#empty(former);
  }

  append(line: string): void {
    this.#writer?.append(line);
  }

  async reopen(): Promise<void> {
    await this.#writer?.reopen();
  }

  async flush(withinMs?: number): Promise<void> {
    await this.#writer?.flush(withinMs);
  }

  async close(withinMs?: number): Promise<void> {
    await Promise.all(this.#writers().map((writer) => writer.close(withinMs)));
  }

  #writers(): LineWriter[] {
    return this.#writer === undefined ? [...this.#emptying] : [...this.#emptying, this.#writer];
  }

  async #empty(writer: LineWriter): Promise<void> {
    this.#emptying.add(writer);
    await writer.close();
    this.#emptying.delete(writer);
    this.#former = add(this.#former, writer.counters);
  }
}

function add(a: WriterCounters, b: WriterCounters): WriterCounters {
  return {
    written: a.written + b.written,
    dropped: a.dropped + b.dropped,
    failedWrites: a.failedWrites + b.failedWrites,
  };
}

function same(a: RequestLogDestination, b: RequestLogDestination): boolean {
  return typeof a === 'string' || typeof b === 'string' ? a === b : a.file === b.file;
}
