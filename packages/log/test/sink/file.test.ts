import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openFile } from '../../src/sink/file.ts';
import type { Sink } from '../../src/sink/sink.ts';

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'tollgate-log-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function fileSink(path: string): Sink {
  const sink = openFile(path);
  onTestFinished(() => sink.close());
  return sink;
}

const openDescriptorsUnder = (path: string): string[] =>
  readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return target.startsWith(path) ? [target] : [];
    } catch {
      // The descriptor that listed the directory is gone by now.
      return [];
    }
  });

describe('a log file', () => {
  it('is created readable by its owner and group only, and appended to', async () => {
    const path = join(directory(), 'access.log');
    const first = fileSink(path);
    await first.write(Buffer.from('one\n'));
    await first.close();
    await fileSink(path).write(Buffer.from('two\n'));
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
    expect(statSync(path).mode & 0o777 & ~0o640).toBe(0);
  });

  it('is opened anew after a rename', async () => {
    const path = join(directory(), 'access.log');
    const sink = fileSink(path);
    await sink.write(Buffer.from('old\n'));
    renameSync(path, `${path}.1`);
    await sink.write(Buffer.from('still old\n'));
    await sink.reopen();
    await sink.write(Buffer.from('new\n'));
    expect(readFileSync(`${path}.1`, 'utf8')).toBe('old\nstill old\n');
    expect(readFileSync(path, 'utf8')).toBe('new\n');
  });

  it('regression: a reopen that failed leaves one descriptor, and the next one closes it once', async () => {
    const parent = directory();
    const path = join(parent, 'logs', 'access.log');
    mkdirSync(join(parent, 'logs'));
    const sink = fileSink(path);
    renameSync(join(parent, 'logs'), join(parent, 'away'));
    await expect(sink.reopen()).rejects.toThrow('ENOENT');
    await sink.write(Buffer.from('kept\n'));
    renameSync(join(parent, 'away'), join(parent, 'logs'));
    await sink.reopen();
    await sink.write(Buffer.from('on\n'));
    expect(readFileSync(path, 'utf8')).toBe('kept\non\n');
    expect(openDescriptorsUnder(parent)).toEqual([path]);
  });

  it('that cannot be opened is an error at once, with the path', () => {
    expect(() => openFile(join(directory(), 'missing', 'access.log'))).toThrow(/ENOENT.*access\.log/);
  });
});
