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

export function openJournal(path = SOCKET): Sink {
  let socket: Socket | undefined;
  const drop = (): void => {
    socket?.destroy();
    socket = undefined;
  };
  return {
    async write(chunk) {
      socket ??= await connect(path);
      try {
        await send(socket, chunk);
      } catch (error) {
        drop();
        throw error;
      }
      return chunk.length;
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

function connect(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
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
