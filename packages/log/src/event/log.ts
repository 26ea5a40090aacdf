// The event log: what the program says of itself, by pino, to stderr, in this thread (a worker would compete for the site's cores).
// stdout is left to the request log. A reader of stderr that stops reading cannot stop the site: lines are then lost and counted.
import type { LogLevel } from '@tollgate/core';
import { pino, stdTimeFunctions, type Logger } from 'pino';
import { openDescriptor } from '../sink/descriptor.ts';
import type { Sink } from '../sink/sink.ts';
import { LineWriter } from '../sink/writer.ts';

/** A pino logger: Fastify takes it as `loggerInstance`. */
export type EventLog = Logger;

export interface EventLogOptions {
  readonly level: LogLevel;
  /** Fields on every line, such as the worker's number. */
  readonly bindings?: Readonly<Record<string, string | number>>;
  readonly sink?: Sink;
}

export interface OwnedEventLog {
  readonly log: EventLog;
  /** Text for a person, through the same buffer, so that it keeps its place among the lines. */
  say(text: string): void;
  readonly lost: number;
  close(withinMs?: number): Promise<void>;
}

const STDERR = 2;

export function createEventLog(options: EventLogOptions): OwnedEventLog {
  const writer = new LineWriter(options.sink ?? openDescriptor(STDERR), {
    delayMs: 0,
    batchBytes: 64 * 1024,
    boundBytes: 256 * 1024,
    retryMs: 1000,
    busyRetryMs: 50,
    onTrouble: noReport,
  });
  const log = pino(
    {
      level: options.level,
      base: { ...options.bindings },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => writer.append(line) },
  );
  return {
    log,
    say: (text) => writer.append(`${text}\n`),
    get lost() {
      return writer.counters.dropped;
    },
    close: (withinMs) => writer.close(withinMs),
  };
}

/** Trouble in the last place to report to is only counted (`lost`, in `tollgate status`). */
function noReport(): void {}
