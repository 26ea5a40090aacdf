// Clients that leave in the middle of a file: it is closed, whatever was being waited for.
import { readdir, readlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { plain, route, startFront, temporaryDirectory } from '../../support/front.ts';

const GET = 'GET /large HTTP/1.1\r\nHost: a.test\r\n\r\n';

/** Descriptors of this process that are open on `file`. */
async function descriptorsOf(file: string): Promise<number> {
  const names = await readdir('/proc/self/fd');
  const links = await Promise.all(names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')));
  return links.filter((link) => link === file).length;
}

/** Reads as fast as it can, so that the front waits for the disk, and leaves after `bytes`. */
const leaveAfter = (port: number, bytes: number): Promise<void> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(GET));
    socket.on('error', () => undefined).once('close', () => resolve());
    socket.on('data', () => {
      if (socket.bytesRead > bytes) socket.resetAndDestroy();
    });
  });

describe.runIf(process.platform === 'linux').each([
  ['wire', {}],
  ['full', { tracing: true }],
])('%s lane', (_lane, policy) => {
  it('closes a file whose client left while it was being read', async () => {
    const directory = temporaryDirectory();
    const file = join(directory, 'large');
    await writeFile(file, Buffer.alloc(16 * 1024 * 1024));
    const files = { directory, index: [], cacheControl: undefined, fallback: undefined };
    const { httpPort, front } = await startFront(
      plain({ routes: [route('/', { kind: 'files', files }, undefined, policy)] }),
    );
    await Promise.all(Array.from({ length: 40 }, (_, at) => leaveAfter(httpPort, 30_000 * (at + 1))));
    await expect.poll(() => front.status().activeRequests).toBe(0);
    await expect.poll(() => descriptorsOf(file)).toBe(0);
  });
});
