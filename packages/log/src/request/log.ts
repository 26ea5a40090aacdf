// The request log: decides which requests get a line, makes it, hands it to the writer; says once a second what was lost or shed.
import type {
  RequestLogConfig,
  RequestLogDestination,
  RequestLogFormat,
  RequestLogMode,
} from '@tollgate/core';
import type { EventLog } from '../event/log.ts';
import { compileCombined } from '../format/combined.ts';
import type { LineFormat } from '../format/format.ts';
import { compileJson } from '../format/json.ts';
import { openSink } from '../sink/open.ts';
import { LineWriter, type WriterCounters, type WriterOptions } from '../sink/writer.ts';
import { measureLoopDelay, type LoopDelay } from './loop-delay.ts';
import type { RequestRecord } from './record.ts';
import { Shedder } from './shed.ts';

export interface RequestLogOptions extends RequestLogConfig {
  readonly eventLog: EventLog;
  /** Tests put their own in place of the measured one. */
  readonly startLoopDelay?: () => LoopDelay;
}

/** Lines, over the life of the process. */
export interface RequestLogCounters {
  readonly written: number;
  /** Lost: the destination failed or did not keep up. */
  readonly dropped: number;
  /** Left out by `auto` while busy. */
  readonly shed: number;
  /** Writes that the system refused (full disk, journal away); each is tried again. */
  readonly failedWrites: number;
}

export interface RequestLog {
  /** False when `off`: whoever asks first need not build the record. */
  readonly enabled: boolean;
  mode: RequestLogMode;
  readonly counters: RequestLogCounters;
  /** Never throws and never waits. */
  write(record: RequestRecord): void;
  /** Takes over a reloaded configuration; lines already taken still go to the old destination. Throws as `createRequestLog`. */
  configure(next: RequestLogConfig): void;
  /** Opens the file anew after logrotate moved it. Rejects, and goes on with the old one, when that fails. */
  reopen(): Promise<void>;
  /** Resolves when the lines so far are out, or after `withinMs` if the destination does not take them. */
  flush(withinMs?: number): Promise<void>;
  /** Writes what it can within `withinMs`; the rest counts as dropped. */
  close(withinMs?: number): Promise<void>;
}

const WRITER = {
  delayMs: 100,
  batchBytes: 64 * 1024,
  boundBytes: 4 * 1024 * 1024,
  retryMs: 1000,
  busyRetryMs: 10,
} as const satisfies Omit<WriterOptions, 'onTrouble'>;

const SECOND_MS = 1000;

/** Throws the system's error when `to` is a file that cannot be opened (also from `configure`, which then changed nothing). */
export function createRequestLog(options: RequestLogOptions): RequestLog {
  return new WrittenRequestLog(options);
}

class WrittenRequestLog implements RequestLog {
  readonly #eventLog: EventLog;
  readonly #startLoopDelay: () => LoopDelay;
  #config: RequestLogConfig;
  #format: LineFormat;
  #shedder: Shedder;
  #writer: LineWriter | undefined;
  #writesTo: RequestLogDestination | undefined;
  #loopDelay: LoopDelay | undefined;
  #second: NodeJS.Timeout | undefined;
  #shed = 0;
  /** Writers to former destinations, still emptying, and what those before them counted. */
  readonly #retiring = new Set<LineWriter>();
  #retired: WriterCounters = { written: 0, dropped: 0, failedWrites: 0 };
  #reportedDropped = 0;
  #cause = 'none';
  #failedSinceReport = false;
  #reporting: NodeJS.Timeout | undefined;

  constructor(options: RequestLogOptions) {
    this.#eventLog = options.eventLog;
    this.#startLoopDelay = options.startLoopDelay ?? measureLoopDelay;
    this.#config = options;
    this.#format = compileFormat(options.format);
    this.#shedder = newShedder(options);
    this.#apply(options);
  }

  get enabled(): boolean {
    return this.#config.mode !== 'off';
  }

  get mode(): RequestLogMode {
    return this.#config.mode;
  }

  set mode(mode: RequestLogMode) {
    this.configure({ ...this.#config, mode });
  }

  get counters(): RequestLogCounters {
    const lines = this.#writers().reduce((sum, writer) => add(sum, writer.counters), this.#retired);
    return { ...lines, shed: this.#shed };
  }

  write(record: RequestRecord): void {
    const weight = this.#weigh(record);
    if (weight > 0) this.#writer?.append(this.#format(record, weight));
    else if (this.#config.mode === 'auto') this.#shed += 1;
  }

  configure(next: RequestLogConfig): void {
    const previous = this.#config;
    this.#apply(next);
    if (next.format !== previous.format) this.#format = compileFormat(next.format);
    if (next.slowMs !== previous.slowMs || next.busyDelayMs !== previous.busyDelayMs) {
      this.#shedder = newShedder(next);
    }
    this.#config = next;
  }

  async reopen(): Promise<void> {
    await this.#writer?.reopen();
  }

  async flush(withinMs?: number): Promise<void> {
    await this.#writer?.flush(withinMs);
  }

  async close(withinMs?: number): Promise<void> {
    this.#stopWatching();
    await Promise.all(this.#writers().map((writer) => writer.close(withinMs)));
    clearTimeout(this.#reporting);
    this.#report();
  }

  #weigh(record: RequestRecord): number {
    const { mode } = this.#config;
    if (mode === 'on') return 1;
    if (mode === 'auto') return this.#shedder.weigh(record);
    return mode === 'errors' && record.status >= 400 ? 1 : 0;
  }

  #apply(next: RequestLogConfig): void {
    if (next.mode !== 'off' && !sameDestination(next.to, this.#writesTo)) this.#openWriter(next.to);
    if (next.mode === 'auto') this.#watch();
    else this.#stopWatching();
  }

  #openWriter(to: RequestLogDestination): void {
    const onTrouble = (cause: string): void => this.#noteTrouble(cause);
    const writer = new LineWriter(openSink(to), { ...WRITER, onTrouble });
    const old = this.#writer;
    this.#writer = writer;
    this.#writesTo = to;
    if (old !== undefined) void this.#retire(old);
  }

  #writers(): LineWriter[] {
    return this.#writer === undefined ? [...this.#retiring] : [...this.#retiring, this.#writer];
  }

  async #retire(writer: LineWriter): Promise<void> {
    this.#retiring.add(writer);
    await writer.close();
    this.#retiring.delete(writer);
    this.#retired = add(this.#retired, writer.counters);
  }

  #watch(): void {
    this.#loopDelay ??= this.#startLoopDelay();
    this.#second ??= setInterval(() => this.#endSecond(), SECOND_MS).unref();
  }

  #stopWatching(): void {
    clearInterval(this.#second);
    this.#second = undefined;
    this.#loopDelay?.stop();
    this.#loopDelay = undefined;
  }

  #endSecond(): void {
    const { shed, oneIn } = this.#shedder.endSecond(this.#loopDelay?.readMs() ?? 0);
    if (shed > 0) this.#eventLog.info({ shed, oneIn }, 'request log shed');
  }

  /** At most one event a second, whatever is lost. */
  #noteTrouble(cause: string): void {
    this.#cause = cause;
    this.#failedSinceReport = true;
    this.#reporting ??= setTimeout(() => this.#report(), SECOND_MS).unref();
  }

  #report(): void {
    this.#reporting = undefined;
    const { dropped, failedWrites } = this.counters;
    const lost = dropped - this.#reportedDropped;
    // Nothing failed since, but the end of a writer gives up lines too.
    if (lost === 0 && !this.#failedSinceReport) return;
    this.#reportedDropped = dropped;
    this.#failedSinceReport = false;
    const fields = { lost, lostInAll: dropped, failedWrites, cause: this.#cause };
    this.#eventLog.warn(fields, 'request log cannot be written');
  }
}

function compileFormat(format: RequestLogFormat): LineFormat {
  return format === 'json' ? compileJson() : compileCombined();
}

function newShedder(config: RequestLogConfig): Shedder {
  return new Shedder({ slowMs: config.slowMs, busyDelayMs: config.busyDelayMs, random: Math.random });
}

function add(a: WriterCounters, b: WriterCounters): WriterCounters {
  return {
    written: a.written + b.written,
    dropped: a.dropped + b.dropped,
    failedWrites: a.failedWrites + b.failedWrites,
  };
}

function sameDestination(a: RequestLogDestination, b: RequestLogDestination | undefined): boolean {
  if (typeof a === 'string' || typeof b === 'string' || b === undefined) return a === b;
  return a.file === b.file;
}
