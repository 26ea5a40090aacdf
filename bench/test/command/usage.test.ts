// Wrong usage ends with 2, as of every command of Tollgate, before anything is measured; `tollgate bench` hands it on.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
const BENCH = [process.execPath, '--conditions=@tollgate/source', join(ROOT, 'bench/src/main.ts')];
const TOLLGATE = [join(ROOT, 'packages/cli/bin/tollgate'), 'bench'];
const run = promisify(execFile);

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function ended([file = '', ...argv]: readonly string[]): Promise<Ended> {
  try {
    return { code: 0, ...(await run(file, argv)) };
  } catch (error) {
    if (error instanceof Error && 'code' in error && typeof error.code === 'number')
      return { code: error.code, stdout: '', stderr: 'stderr' in error ? String(error.stderr) : '' };
    throw error;
  }
}

describe('bench', () => {
  it.each([
    ['a flag that is no number', ['cliff', '--seconds', 'soon'], 'expected a number above 0, got "soon"'],
    ['a flag there is not', ['cliff', '--second', '3'], "unknown option '--second'"],
    ['a URL of another protocol', ['load', 'ftp://x/'], 'expected http://… or https://…, got ftp://x/'],
    ['no URL', ['load'], "missing required argument 'url'"],
    ['an experiment there is not', ['clif'], 'too many arguments'],
    [
      'a mode there is not',
      ['cliff', '--connection-mode', 'old'],
      'Allowed choices are new, resumed, keepalive',
    ],
  ])('exits 2 and says so for %s', async (_name, words, message) => {
    expect(await ended([...BENCH, ...words])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(message),
    });
  });

  it.skipIf(process.platform !== 'linux')(
    'exits 2 for a layer there is not, with those there are',
    async () => {
      const directory = mkdtempSync(join(tmpdir(), 'tollgate-bench-test-'));
      onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
      const { code, stderr } = await ended([...BENCH, '--only', 'paint', '--out', directory]);
      expect(code).toBe(2);
      expect(stderr).toMatch(/bench: --only: expected words of a layer \(tls: keep-alive; .*got paint/);
      expect(existsSync(join(directory, 'result.json'))).toBe(false);
    },
  );

  it('exits 1 for a directory without a run', async () => {
    expect(await ended([...BENCH, 'report', join(tmpdir(), 'no-such-run')])).toMatchObject({ code: 1 });
  });

  it('exits 0 for help, which names the codes', async () => {
    const { code, stdout } = await ended([...BENCH, '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('Exit codes: 0 done, 1 failed, 2 wrong usage');
  });

  it('has its exit code handed on by tollgate', async () => {
    expect(await ended([...TOLLGATE, 'cliff', '--seconds', 'soon'])).toMatchObject({ code: 2 });
  });
});
