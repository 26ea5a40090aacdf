// A real journald of our own, in a journal namespace of its own: started, asked, stopped, and its traces removed.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { onTestFinished, vi } from 'vitest';

export interface Journal {
  readonly runtime: string;
  readonly socket: string;
  readonly pid: number;
  entries(): Record<string, string>[];
}

let started = 0;
const JOURNALD = '/lib/systemd/systemd-journald';

export const missingForJournald: string | undefined = (() => {
  if (process.getuid?.() !== 0) return 'needs root';
  if (!existsSync(JOURNALD)) return `needs ${JOURNALD}`;
  return existsSync('/etc/machine-id') ? undefined : 'needs /etc/machine-id';
})();

export async function startJournald(): Promise<Journal> {
  started += 1;
  // Not by our name: a test beside this one looks for what the installer has left in /etc.
  const name = `requestlog${process.pid}-${started}`;
  const runtime = `/run/systemd/journal.${name}`;
  const config = `/etc/systemd/journald@${name}.conf`;
  mkdirSync(runtime, { recursive: true });
  mkdirSync('/etc/systemd', { recursive: true });
  writeFileSync(config, '[Journal]\nStorage=volatile\nRateLimitBurst=0\n');
  const child = spawn(JOURNALD, [name], { stdio: 'ignore' });
  onTestFinished(() => {
    child.kill('SIGKILL');
    rmSync(runtime, { recursive: true, force: true });
    rmSync(config, { force: true });
    for (const traces of [`/run/log/journal`, `/var/log/journal`]) removeJournals(traces, name);
  });
  const socket = `${runtime}/stdout`;
  await vi.waitFor(() => {
    if (!existsSync(socket)) throw new Error('journald has not opened its socket yet');
  });
  const ask = (): Record<string, string>[] => {
    // -a: without it journalctl shows a field over 4 KB as null.
    const wanted = [`--namespace=${name}`, '-a', '-o', 'json', '-t', 'tollgate'];
    const { stdout } = spawnSync('journalctl', wanted, { maxBuffer: 256 * 1024 * 1024 });
    return stdout
      .toString()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  };
  return { runtime, socket, pid: child.pid ?? 0, entries: ask };
}

function removeJournals(parent: string, name: string): void {
  spawnSync('find', [parent, '-maxdepth', '1', '-name', `*.${name}`, '-exec', 'rm', '-r', '{}', '+']);
}
