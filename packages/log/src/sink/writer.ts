// One bounded buffer in front of one sink: lines go in at no cost to the request, bytes leave in few large writes.
// What cannot be kept is dropped and counted; a failing sink is tried again until it works.
import { setTimeout as sleep } from 'node:timers/promises';
import { WriteQueue } from './queue.ts';
import type { Sink } from './sink.ts';

export interface WriterOptions {
  /** Lines wait at most this long; 0 writes each at once. */
  readonly delayMs: number;
  /** A batch this long is written without waiting. */
  readonly batchBytes: number;
  /** Lines beyond this many unwritten bytes are dropped. */
  readonly boundBytes: number;
  /** Pause after a failed write (full disk, journal away). */
  readonly retryMs: number;
  /** Pause while the reader of a pipe has no room (EAGAIN). */
  readonly busyRetryMs: number;
  /** Called for every write that failed and every line dropped: cheap, and never throws. */
  readonly onTrouble: (cause: string) => void;
}

export interface WriterCounters {
  readonly written: number;
  readonly dropped: number;
  readonly failedWrites: number;
}

export class LineWriter {
  readonly #options: WriterOptions;
  readonly #sink: Sink;
  readonly #queue: WriteQueue;
  #written = 0;
  #dropped = 0;
  #failedWrites = 0;
  #timer: NodeJS.Timeout | undefined;
  #draining: Promise<void> | undefined;
  #reopening: PromiseWithResolvers<void> | undefined;
  #interrupt = new AbortController();
  #closing: Promise<void> | undefined;
  #abandoned = false;
  /** Of the last write, if it failed. */
  #failure: string | undefined;

  constructor(sink: Sink, options: WriterOptions) {
    this.#sink = sink;
    this.#options = options;
    this.#queue = new WriteQueue(options.batchBytes);
  }

  get counters(): WriterCounters {
    return { written: this.#written, dropped: this.#dropped, failedWrites: this.#failedWrites };
  }

  /** `line` ends in its only `\n`. Never throws, never waits. */
  append(line: string): void {
    if (this.#closing !== undefined || this.#queue.bytes + line.length > this.#options.boundBytes) {
      this.#dropped += 1;
      this.#options.onTrouble(this.#failure ?? 'the reader is too slow');
      return;
    }
    this.#queue.push(line);
    if (this.#draining === undefined) this.#schedule();
  }

  /** Resolves when everything appended so far has left, or after `withinMs` if the sink does not take it. */
  async flush(withinMs = 1000): Promise<void> {
    const until = performance.now() + withinMs;
    const cancel = new AbortController();
    const expired = sleep(withinMs, undefined, { signal: cancel.signal }).catch(() => {
      // Cancelled: the buffer emptied first.
    });
    do {
      this.#interrupt.abort();
      this.#drain();
      await Promise.race([this.#draining, expired]);
    } while (this.#queue.bytes > 0 && performance.now() < until);
    cancel.abort();
  }

  /** Moves to the destination's new file between two lines. Rejects, and goes on with the old one, if it cannot be opened. */
  reopen(): Promise<void> {
    this.#reopening ??= Promise.withResolvers();
    const { promise } = this.#reopening;
    this.#interrupt.abort();
    this.#drain();
    return promise;
  }

  /** Writes what it can within `withinMs`, counts the rest as dropped. Lines appended from now on are dropped. */
  close(withinMs = 1000): Promise<void> {
    this.#closing ??= this.#close(withinMs);
    return this.#closing;
  }

  async #close(withinMs: number): Promise<void> {
    await this.flush(withinMs);
    this.#abandoned = true;
    this.#interrupt.abort();
    this.#dropped += this.#queue.clear();
    this.#reopening?.resolve();
    await this.#sink.close();
  }

  #schedule(): void {
    const { delayMs, batchBytes } = this.#options;
    if (delayMs === 0 || this.#queue.bytes >= batchBytes) this.#drain();
    else this.#timer ??= setTimeout(() => this.#drain(), delayMs).unref();
  }

  #drain(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#draining ??= this.#writeAll().finally(() => this.#drained());
  }

  /** What arrived while the last write was being settled must not wait for the next line to come. */
  #drained(): void {
    this.#draining = undefined;
    if (this.#abandoned) return;
    if (this.#reopening !== undefined) this.#drain();
    else if (this.#queue.bytes > 0) this.#schedule();
  }

  async #writeAll(): Promise<void> {
    while (!this.#abandoned) {
      if (this.#reopening !== undefined) await this.#reopenNow(this.#reopening);
      const chunk = this.#queue.head();
      if (chunk === undefined) return;
      await this.#writeOnce(chunk);
    }
  }

  async #writeOnce(chunk: Buffer): Promise<void> {
    try {
      const taken = await this.#sink.write(chunk);
      this.#failure = undefined;
      if (!this.#abandoned) this.#written += this.#queue.take(taken);
    } catch (error) {
      await this.#pauseAfter(error);
    }
  }

  async #pauseAfter(error: unknown): Promise<void> {
    const code = codeOf(error);
    const busy = code === 'EAGAIN' || code === 'EBUSY';
    if (!busy) {
      this.#failedWrites += 1;
      this.#failure = code;
      this.#options.onTrouble(code);
    }
    await this.#pause(busy ? this.#options.busyRetryMs : this.#options.retryMs);
  }

  /** Ends early for a flush, a reopening or the end; keeps no process alive. */
  async #pause(delayMs: number): Promise<void> {
    // Asked for while the write was under way: another file may take what this one does not.
    if (this.#reopening !== undefined) return;
    this.#interrupt = new AbortController();
    await sleep(delayMs, undefined, { ref: false, signal: this.#interrupt.signal }).catch(() => {
      // Interrupted: there is a reason to look again now.
    });
  }

  async #reopenNow(reopening: PromiseWithResolvers<void>): Promise<void> {
    this.#reopening = undefined;
    try {
      await this.#sink.reopen();
      // The rest of a line whose beginning went to the old file would open the new one with half a line.
      this.#dropped += this.#queue.skipTornLine();
      reopening.resolve();
    } catch (error) {
      reopening.reject(error);
    }
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
