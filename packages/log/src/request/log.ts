// The request log: decides which requests get a line, makes it, hands it on; says once a second how many were shed.
import type { RequestLogConfig, RequestLogFormat, RequestLogMode } from '@tollgate/core';
import type { EventLog } from '../event/log.ts';
import { compileCombined } from '../format/combined.ts';
import type { LineFormat } from '../format/format.ts';
import { compileJson } from '../format/json.ts';
import { Destination } from './destination.ts';
import { measureLoopDelay, type LoopDelay } from './loop-delay.ts';
import { LossReport } from './loss-report.ts';
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

const SECOND_MS = 1000;

/** Throws the system's error when `to` is a file that cannot be opened (also from `configure`, which then changed nothing). */
export function createRequestLog(options: RequestLogOptions): RequestLog {
  return new WrittenRequestLog(options);
}

class WrittenRequestLog implements RequestLog {
  readonly #eventLog: EventLog;
  readonly #startLoopDelay: () => LoopDelay;
  readonly #losses: LossReport;
  readonly #destination: Destination;
  #config: RequestLogConfig;
  #format: LineFormat;
  #shedder: Shedder;
  #shed = 0;
  #loopDelay: LoopDelay | undefined;
  #second: NodeJS.Timeout | undefined;

  constructor(options: RequestLogOptions) {
    this.#eventLog = options.eventLog;
    this.#startLoopDelay = options.startLoopDelay ?? measureLoopDelay;
    this.#losses = new LossReport(options.eventLog, () => this.#destination.counters);
    this.#destination = new Destination((cause) => this.#losses.note(cause));
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
    return { ...this.#destination.counters, shed: this.#shed };
  }

  write(record: RequestRecord): void {
    const weight = this.#weigh(record);
    if (weight > 0) this.#destination.append(this.#format(record, weight));
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

  reopen(): Promise<void> {
    return this.#destination.reopen();
  }

  flush(withinMs?: number): Promise<void> {
    return this.#destination.flush(withinMs);
  }

  async close(withinMs?: number): Promise<void> {
    this.#stopWatching();
    await this.#destination.close(withinMs);
    this.#losses.close();
  }

  #weigh(record: RequestRecord): number {
    const { mode } = this.#config;
    if (mode === 'on') return 1;
    if (mode === 'auto') return this.#shedder.weigh(record);
    return mode === 'errors' && record.status >= 400 ? 1 : 0;
  }

  #apply(next: RequestLogConfig): void {
    if (next.mode !== 'off') this.#destination.moveTo(next.to);
    if (next.mode === 'auto') this.#watch();
    else this.#stopWatching();
  }

  #watch(): void {
    this.#loopDelay ??= this.#startLoopDelay();
    this.#second ??= setInterval(() => this.#endSecond(), SECOND_MS).unref();
  }

  #stopWatching(): void {
    if (this.#second === undefined) return;
    this.#endSecond();
    clearInterval(this.#second);
    this.#second = undefined;
    this.#loopDelay?.stop();
    this.#loopDelay = undefined;
  }

  #endSecond(): void {
    const { shed, oneIn } = this.#shedder.endSecond(this.#loopDelay?.readMs() ?? 0);
    if (shed > 0) this.#eventLog.info({ shed, oneIn }, 'request log shed');
  }
}

function compileFormat(format: RequestLogFormat): LineFormat {
  return format === 'json' ? compileJson() : compileCombined();
}

function newShedder(config: RequestLogConfig): Shedder {
  return new Shedder({ slowMs: config.slowMs, busyDelayMs: config.busyDelayMs, random: Math.random });
}
