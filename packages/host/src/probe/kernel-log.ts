// New lines of the kernel's log, as they come: the kernel says `table full, dropping packet` itself.
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { missing, type Reading, valueOf } from './reading.ts';

export interface KernelLine {
  /** Microseconds since boot. */
  readonly atMicros: number;
  readonly level: number;
  readonly text: string;
}

export interface KernelLog {
  /** Lines since the last call, oldest first; never waits. */
  read(): readonly KernelLine[];
  /** Records the kernel overwrote before they were read. */
  readonly lost: number;
  close(): void;
}

/** The kernel's largest record (CONSOLE_EXT_LOG_MAX). */
const RECORD_BYTES = 8192;
/** Per call, so that a flood of messages cannot hold a sampler up. */
const RECORDS_PER_READ = 1000;

/** Unreadable without CAP_SYSLOG where kernel.dmesg_restrict is 1. Lines from before the call are skipped. */
export function openKernelLog(device = '/dev/kmsg'): Reading<KernelLog> {
  let fd: number;
  try {
    fd = openSync(device, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return missing(device, error);
  }
  const log = new DeviceLog(fd);
  log.skip();
  return valueOf(log);
}

class DeviceLog implements KernelLog {
  readonly #fd: number;
  readonly #buffer = Buffer.allocUnsafe(RECORD_BYTES);
  #open = true;
  lost = 0;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Node has no lseek: what is there already is read and thrown away. */
  skip(): void {
    while (this.read().length === RECORDS_PER_READ);
    this.lost = 0;
  }

  read(): readonly KernelLine[] {
    // `Nothing to read` is an error (EAGAIN), ten times a second: without its stack it costs a tenth.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      return this.#read();
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  }

  #read(): readonly KernelLine[] {
    const lines: KernelLine[] = [];
    while (this.#open && lines.length < RECORDS_PER_READ) {
      const record = this.#next();
      if (record === 'none') break;
      if (record !== undefined) lines.push(record);
    }
    return lines;
  }

  #next(): KernelLine | undefined | 'none' {
    try {
      const length = readSync(this.#fd, this.#buffer, 0, RECORD_BYTES, null);
      return length === 0 ? 'none' : parseRecord(this.#buffer.toString('utf8', 0, length));
    } catch (error) {
      // EPIPE: overwritten before it was read, and the position moves on (Documentation/ABI/testing/dev-kmsg). All else, EAGAIN above all: nothing to read.
      if (!(error instanceof Error && 'code' in error && error.code === 'EPIPE')) return 'none';
      this.lost += 1;
      return undefined;
    }
  }

  close(): void {
    if (this.#open) closeSync(this.#fd);
    this.#open = false;
  }
}

/** `PRIORITY,SEQUENCE,MICROS,FLAGS;TEXT`, then ` KEY=VALUE` lines. */
export function parseRecord(record: string): KernelLine | undefined {
  const match = /^(\d+),\d+,(\d+),[^;]*;([^\n]*)/.exec(record);
  if (match === null) return undefined;
  return { level: Number(match[1]) & 7, atMicros: Number(match[2]), text: match[3] ?? '' };
}
