import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openJournal } from '../../src/sink/journal.ts';

interface FakeJournal {
  readonly path: string;
  readonly streams: string[];
  readonly server: Server;
  hangUp(): void;
}

async function fakeJournal(): Promise<FakeJournal> {
  const directory = mkdtempSync(join(tmpdir(), 'tollgate-journal-'));
  const path = join(directory, 'stdout');
  const streams: string[] = [];
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer((socket) => {
    const index = streams.push('') - 1;
    sockets.add(socket);
    socket.on('error', () => {
      // The other end was destroyed with bytes unread: part of the test.
    });
    socket.on('data', (bytes) => {
      streams[index] += bytes.toString();
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const hangUp = (): void => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  onTestFinished(() => {
    hangUp();
    server.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return { path, streams, server, hangUp };
}

const HEADER = 'tollgate\n\n6\n0\n0\n0\n0\n';

describe('the journal', () => {
  it('gets one stream: its header, then every batch as it is', async () => {
    const journal = await fakeJournal();
    const sink = openJournal(journal.path);
    onTestFinished(() => sink.close());
    expect(await sink.write(Buffer.from('one\ntwo\n'))).toBe(8);
    await sink.write(Buffer.from('three\n'));
    await vi.waitFor(() => expect(journal.streams).toEqual([`${HEADER}one\ntwo\nthree\n`]));
  });

  it('regression: a large batch leaves in whole lines, each piece small enough for one sender’s credentials', async () => {
    const journal = await fakeJournal();
    const sink = openJournal(journal.path);
    onTestFinished(() => sink.close());
    const lines = `${'short'.repeat(200)}\n`.repeat(100) + `${'long'.repeat(20_000)}\nlast\n`;
    let left = Buffer.from(lines);
    while (left.length > 0) {
      const taken = left.subarray(0, await sink.write(left));
      expect(taken.at(-1)).toBe(0x0a);
      expect(taken.length <= 32 * 1024 || taken.indexOf(0x0a) === taken.length - 1).toBe(true);
      left = left.subarray(taken.length);
    }
    await vi.waitFor(() => expect(journal.streams).toEqual([HEADER + lines]));
  });

  it('gets a new stream after it hung up', async () => {
    const journal = await fakeJournal();
    const sink = openJournal(journal.path);
    onTestFinished(() => sink.close());
    await sink.write(Buffer.from('one\n'));
    await vi.waitFor(() => expect(journal.streams[0]).toContain('one'));
    journal.hangUp();
    await vi.waitFor(async () => {
      await sink.write(Buffer.from('two\n'));
      expect(journal.streams[1]).toBe(`${HEADER}two\n`);
    });
  });

  it('that is not there is an error of the write, and the next write tries again', async () => {
    const journal = await fakeJournal();
    const sink = openJournal(`${journal.path}.absent`);
    await expect(sink.write(Buffer.from('x\n'))).rejects.toThrow('ENOENT');
    await expect(sink.write(Buffer.from('x\n'))).rejects.toThrow('ENOENT');
  });
});
