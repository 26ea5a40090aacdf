// journald's stdout stream: one connection, a header, then lines, many in one write.
// One wake-up of journald per message is what it costs; lines batched into one write cost it a quarter as much.
import { fstatSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import type { Sink } from './sink.ts';

/** Inside a unit with LogNamespace= systemd mounts that namespace's socket here. */
const SOCKET = '/run/systemd/journal/stdout';

/** sd-journal's stream header (systemd src/journal/journald-stream.c), one line each. */
const HEADER = [
  'tollgate', // SYSLOG_IDENTIFIER
  '', // unit: journald knows it from the control group
  '6', // priority: info
  '0', // lines carry no <N> priority prefix
  '0', // do not forward to syslog: that logs every line twice
  '0', // nor to kmsg
  '0', // nor to the console
  '',
].join('\n');

/**
 * What the kernel carries in one piece, under one sender's credentials (net/unix/af_unix.c, UNIX_SKB_FRAGS_SZ). While
 * journald accepts, a piece may arrive without any; it then closes the entry where the sender seems to change, which
 * must not be in the middle of a line (`_LINE_BREAK=pid-change`).
 */
const PIECE_BYTES = 32 * 1024;
const LINE_FEED = 0x0a;

export function openJournal(path = SOCKET): Sink {
  let socket: Socket | undefined;
  const drop = (): void => {
    socket?.destroy();
    socket = undefined;
  };
  return {
    async write(chunk) {
      socket ??= await connect(path);
      const piece = firstLines(chunk);
      try {
        await send(socket, piece);
      } catch (error) {
        drop();
        throw error;
      }
      return piece.length;
    },
    reopen: () => Promise.resolve(),
    close() {
      drop();
      return Promise.resolve();
    },
  };
}

/** Whether systemd wired this descriptor to the journal: JOURNAL_STREAM is `device:inode` of it (systemd.exec(5)). */
export function isJournal(fd: number): boolean {
  const stream = process.env['JOURNAL_STREAM'];
  if (stream === undefined) return false;
  const { dev, ino } = fstatSync(fd, { bigint: true });
  return stream === `${dev}:${ino}`;
}

/** Whole lines that fit into one piece; a longer line is one by itself. */
function firstLines(chunk: Buffer): Buffer {
  if (chunk.length <= PIECE_BYTES) return chunk;
  const lastFit = chunk.lastIndexOf(LINE_FEED, PIECE_BYTES - 1);
  const end = lastFit < 0 ? chunk.indexOf(LINE_FEED) : lastFit;
  return end < 0 ? chunk : chunk.subarray(0, end + 1);
}

function connect(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    // journald closes its sending half at once; taken for an end, that would close ours before the next line.
    const socket = createConnection({ path, allowHalfOpen: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      socket.on('error', () => {
        // The next write fails with the same cause, and there someone listens.
      });
      socket.unref();
      socket.write(HEADER);
      resolve(socket);
    });
  });
}

function send(socket: Socket, chunk: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(chunk, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}
