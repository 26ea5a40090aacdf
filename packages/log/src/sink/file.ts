// A log file: appended to on the thread pool, since a disk can be slow but never blocks for ever, and reopened for logrotate.
import { close, closeSync, constants, fstat, fstatSync, open, openSync, type Stats, write } from 'node:fs';
import { promisify } from 'node:util';
import { logKindFault } from '@tollgate/core';
import type { Sink } from './sink.ts';

const writeAsync = promisify(write);
const openAsync = promisify(open);
const fstatAsync = promisify(fstat);
const closeAsync = promisify(close);

/**
 * O_APPEND: several workers, and the `cat` of an admin, may hold the same file. Readable by the group, as logs are.
 * O_NONBLOCK: a named pipe put there since the configuration was checked must not hold the event loop until it has a reader.
 */
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;
const MODE = 0o640;

export function openFile(path: string): Sink {
  let fd = openNow(path);
  let closed = false;
  return {
    write: (chunk) => appendTo(fd, chunk),
    async reopen() {
      if (closed) return;
      const next = await openSoon(path);
      const old = fd;
      fd = next;
      await closeAsync(old);
    },
    async close() {
      if (closed) return;
      closed = true;
      await closeAsync(fd);
    },
  };
}

function openNow(path: string): number {
  const fd = openSync(path, FLAGS, MODE);
  try {
    expectLogFile(path, fstatSync(fd));
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** As `openNow`, on the thread pool. */
async function openSoon(path: string): Promise<number> {
  const fd = await openAsync(path, FLAGS, MODE);
  try {
    expectLogFile(path, await fstatAsync(fd));
    return fd;
  } catch (error) {
    await closeAsync(fd);
    throw error;
  }
}

function expectLogFile(path: string, stats: Stats): void {
  const fault = logKindFault(path, stats);
  if (fault !== undefined) throw new Error(`expected a file to log to: ${fault}`);
}

/** A descriptor that belongs to someone else (stdout sent to a file): never closed, never reopened. */
export function borrowFile(fd: number): Sink {
  return {
    write: (chunk) => appendTo(fd, chunk),
    reopen: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

async function appendTo(fd: number, chunk: Buffer): Promise<number> {
  const { bytesWritten } = await writeAsync(fd, chunk, 0, chunk.length, null);
  return bytesWritten;
}
