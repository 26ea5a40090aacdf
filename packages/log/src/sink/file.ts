// A log file: appended to on the thread pool, since a disk can be slow but never blocks for ever, and reopened for logrotate.
import { close, constants, open, openSync, write } from 'node:fs';
import { promisify } from 'node:util';
import type { Sink } from './sink.ts';

const writeAsync = promisify(write);
const openAsync = promisify(open);
const closeAsync = promisify(close);

/** O_APPEND: several workers, and the `cat` of an admin, may hold the same file. Readable by the group, as logs are. */
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT;
const MODE = 0o640;

export function openFile(path: string): Sink {
  let fd = openSync(path, FLAGS, MODE);
  let closed = false;
  return {
    write: (chunk) => appendTo(fd, chunk),
    async reopen() {
      if (closed) return;
      const next = await openAsync(path, FLAGS, MODE);
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
