import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
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

/** What a program that can `openFile` says, its stdout being a pipe; ended after ten seconds. */
function ownProcess(program: string): string {
  const whole = `import { openFile } from '${join(import.meta.dirname, '../../src/sink/file.ts')}'; ${program}`;
  const args = ['--conditions=@tollgate/source', '--input-type=module', '-e', whole];
  // Through cat: what spawnSync gives itself is a socket.
  const script = 'timeout 10 "$0" "$@" 2>&1 | cat';
  return spawnSync('sh', ['-c', script, process.execPath, ...args], { encoding: 'utf8' }).stdout;
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

  it('regression: that is a named pipe is an error at once, with a reader and without: opening it would wait', () => {
    const path = join(directory(), 'pipe');
    execFileSync('mkfifo', [path]);
    // In a process of its own, which can be ended while it waits.
    const told = () =>
      ownProcess(`try { openFile('${path}'); } catch (error) { process.stdout.write(error.message); }`);
    expect(told()).toMatch(/^ENXIO/);
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    onTestFinished(() => closeSync(reader));
    expect(told()).toMatch(/is a named pipe/);
    expect(() => openFile(path)).toThrow(/is a named pipe/);
    expect(openDescriptorsUnder(path)).toEqual([path]);
  });

  it('regression: reopening does not wait where a named pipe is now, and the old file stays', () => {
    const path = join(directory(), 'access.log');
    const swap = `execSync('mv ${path} ${path}.1 && mkfifo ${path}');`;
    const program =
      `import { execSync } from 'node:child_process'; const sink = openFile('${path}'); ${swap}` +
      'await sink.reopen().catch((error) => process.stdout.write(error.code));' +
      "await sink.write(Buffer.from('kept\\n'));";
    expect(ownProcess(program)).toBe('ENXIO');
    expect(readFileSync(`${path}.1`, 'utf8')).toBe('kept\n');
  });

  it('may be a device, or the pipe that this process was given', async () => {
    expect(await fileSink('/dev/null').write(Buffer.from('gone\n'))).toBe(5);
    expect(ownProcess("await openFile('/dev/stdout').write(Buffer.from('through a pipe\\n'));")).toBe(
      'through a pipe\n',
    );
  });
});
