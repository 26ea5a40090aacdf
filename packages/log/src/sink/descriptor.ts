// stdout and stderr without ever waiting for their reader: a write that would block is refused at once (EAGAIN).
// The thread pool is no way out: a write blocked there keeps its thread, and keeps the process from exiting (decisions/0201).
import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { borrowFile } from './file.ts';
import { isJournal, openJournal } from './journal.ts';
import type { Sink } from './sink.ts';

/** `fd`: 1 or 2. */
export function openDescriptor(fd: number): Sink {
  if (isJournal(fd)) return openJournal();
  const stat = fstatSync(fd);
  if (stat.isFile()) return borrowFile(fd);
  return stat.isSocket() ? nonBlockingInPlace(fd) : nonBlockingCopy(fd);
}

/**
 * A new open file description of the same pipe or terminal: O_NONBLOCK set on it does not reach whoever else
 * holds the old one (the shell, the other half of `2>&1`).
 */
function nonBlockingCopy(fd: number): Sink {
  const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
  try {
    const own = openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
    return descriptorSink(own, () => closeSync(own));
  } catch {
    // No /proc, or the pipe belongs to another user (started through sudo): share the description.
    return nonBlockingInPlace(fd);
  }
}

/** A socket has no second description. libuv sets O_NONBLOCK when it adopts a descriptor, and never closes 0 to 2. */
function nonBlockingInPlace(fd: number): Sink {
  const adopted = new Socket({ fd, readable: false, writable: true });
  adopted.on('error', () => {
    // Nothing is written through this object, so nothing can fail through it.
  });
  return descriptorSink(fd, () => void adopted.unref());
}

function descriptorSink(fd: number, close: () => void): Sink {
  let closed = false;
  return {
    write: async (chunk) => writeAvailable(fd, chunk),
    reopen: () => Promise.resolve(),
    close: () => {
      if (!closed) close();
      closed = true;
      return Promise.resolve();
    },
  };
}

/** A pipe takes up to PIPE_BUF bytes whole or not at all (pipe(7)): lines of several workers never mix. */
const PIPE_BUF = 4096;

function writeAvailable(fd: number, chunk: Buffer): number {
  let taken = 0;
  while (taken < chunk.length) {
    try {
      taken += writeSync(fd, chunk, taken, pieceLength(chunk, taken));
    } catch (error) {
      if (taken === 0) throw error;
      return taken;
    }
  }
  return taken;
}

/** As many whole lines as fit PIPE_BUF; a single longer line goes as it is. */
function pieceLength(chunk: Buffer, from: number): number {
  if (chunk.length - from <= PIPE_BUF) return chunk.length - from;
  const lineFeed = 0x0a;
  const lastInside = chunk.subarray(from, from + PIPE_BUF).lastIndexOf(lineFeed);
  if (lastInside >= 0) return lastInside + 1;
  const next = chunk.indexOf(lineFeed, from + PIPE_BUF);
  return (next < 0 ? chunk.length : next + 1) - from;
}
