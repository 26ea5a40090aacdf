// stdout as the shell, systemd and Docker give it: a real child process, and a reader that does what readers do.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';

const WRITER = join(import.meta.dirname, '../support/stdout-writer.ts');
const NODE = [process.execPath, '--conditions=@tollgate/source', WRITER];
/** 20,000 lines are about 8 MB: more than a pipe (64 KB) and the log's bound (4 MB) hold. */
const FLOOD = 20_000;
const NOTING_STATUS = '{ "$@"; echo "$?" >"$dir/status"; }';

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'tollgate-stdout-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Runs `sh -c script`, where "$@" is the writer's command and $dir a directory of its own. */
function shell(script: string, dir: string, ...args: (string | number)[]): ChildProcess {
  const child = spawn('sh', ['-c', script, 'sh', ...NODE, join(dir, 'report'), ...args.map(String)], {
    env: { ...process.env, dir },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  onTestFinished(() => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // Gone already, as it should be.
    }
  });
  return child;
}

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once('exit', resolve));
}

async function textOf(stream: NodeJS.ReadableStream | null): Promise<string> {
  let text = '';
  for await (const chunk of stream ?? []) text += chunk.toString();
  return text;
}

interface Report {
  readonly written: number;
  readonly dropped: number;
  readonly failedWrites: number;
}

const reportIn = (dir: string): Report => JSON.parse(readFileSync(join(dir, 'report'), 'utf8'));

describe('stdout', () => {
  it('a pipe: every line arrives, whole and in order of batches', async () => {
    const dir = directory();
    const child = shell('"$@" | cat', dir, 2000, 20);
    const text = await textOf(child.stdout);
    const lines = text.trimEnd().split('\n');
    expect(lines).toHaveLength(2000);
    expect(lines.every((line) => JSON.parse(line).status === 200)).toBe(true);
    expect(reportIn(dir)).toMatchObject({ written: 2000, dropped: 0 });
  });

  it('a pipe nobody reads: the program goes on, counts what was lost, and can exit', async () => {
    const dir = directory();
    shell(`${NOTING_STATUS} | sleep 60`, dir, FLOOD, 100);
    await expect.poll(() => statusIn(dir), { timeout: 20_000 }).toBe('0\n');
    const { written, dropped } = reportIn(dir);
    expect(dropped).toBeGreaterThan(0);
    expect(written + dropped).toBe(FLOOD);
  });

  it('a socket nobody reads (a Node parent gives one): the same', async () => {
    const dir = directory();
    const child = shell('exec "$@"', dir, FLOOD, 100);
    expect(await exitOf(child)).toBe(0);
    const { written, dropped } = reportIn(dir);
    expect(dropped).toBeGreaterThan(0);
    expect(written + dropped).toBe(FLOOD);
  });

  it('and stderr in one blocked pipe: events cannot stop the program either', async () => {
    const dir = directory();
    shell(`${NOTING_STATUS} 2>&1 | sleep 60`, dir, FLOOD, 1500);
    await expect.poll(() => statusIn(dir), { timeout: 20_000 }).toBe('0\n');
    expect(reportIn(dir).dropped).toBeGreaterThan(0);
  });

  it('a reader that went away (EPIPE): the program goes on', async () => {
    const dir = directory();
    await exitOf(shell(`${NOTING_STATUS} | head -n 1`, dir, 2000, 600));
    expect(statusIn(dir)).toBe('0\n');
    expect(reportIn(dir).failedWrites).toBeGreaterThan(0);
  });

  it('/dev/full: the program goes on, counts every line, and says so about once a second', async () => {
    const dir = directory();
    const child = shell('exec "$@" >/dev/full', dir, 2000, 1500);
    const events = await textOf(child.stderr);
    expect(reportIn(dir)).toMatchObject({ written: 0, dropped: 2000 });
    const told = events
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(told.length).toBeLessThan(5);
    expect(told.at(-1)).toMatchObject({ level: 'warn', cause: 'ENOSPC', lostInAll: 2000 });
  });

  it('a file: every line arrives', async () => {
    const dir = directory();
    const child = shell('exec "$@" >"$dir/out"', dir, 2000, 20);
    expect(await exitOf(child)).toBe(0);
    expect(readFileSync(join(dir, 'out'), 'utf8').trimEnd().split('\n')).toHaveLength(2000);
  });

  it('one pipe of three processes: no line of one is cut by a line of another', async () => {
    const dir = directory();
    const each = 'for name in a b c; do "$@" "$name" & done; wait';
    const child = shell(`{ ${each}; } | cat`, dir, 6000, 300);
    const text = await textOf(child.stdout);
    const lines = text.trimEnd().split('\n');
    // A loaded machine may read too slowly for all of them; none that came may be damaged.
    expect(lines.length).toBeGreaterThan(1000);
    expect(new Set(lines.map((line) => JSON.parse(line).path))).toEqual(new Set(['/a', '/b', '/c']));
  });
});

function statusIn(dir: string): string | undefined {
  try {
    return readFileSync(join(dir, 'status'), 'utf8');
  } catch {
    // Still running.
    return undefined;
  }
}
