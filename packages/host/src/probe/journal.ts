// What journald says of itself: the lines it threw away because a service wrote too many.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type HostRoot, LIVE, missing, type Reading, valueOf } from './reading.ts';

export interface SuppressedMessages {
  readonly messages: number;
  /** The last unit that was cut short. */
  readonly unit: string | undefined;
}

/** Asks journalctl for the last `seconds`; absent without journald. Spawns a process: not for a sampler. */
export function readSuppressed(root: HostRoot, seconds: number): Reading<SuppressedMessages> {
  const read = said(root, ['-o', 'cat', `--since=-${seconds}s`]);
  return read.ok ? valueOf(parseSuppressed(read.value)) : read;
}

/** journald's own entries. */
function said(root: HostRoot, which: readonly string[]): Reading<string> {
  const args = ['--quiet', '--no-pager', ...which, '_COMM=systemd-journal'];
  if (root.path !== LIVE.path) args.push('-D', join(root.path, 'var/log/journal'));
  try {
    return valueOf(
      execFileSync('journalctl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    );
  } catch (error) {
    return missing('journalctl', error);
  }
}

export interface Suppression {
  /** As `Date.now()`: when journald said so, which it does at the service's first line after the interval. */
  readonly atMs: number;
  readonly messages: number;
  readonly unit: string | undefined;
}

/** Each time since `sinceMs` (as `Date.now()`) that journald threw lines away. Spawns a process: not for a sampler. */
export function readSuppressions(root: HostRoot, sinceMs: number): Reading<readonly Suppression[]> {
  const read = said(root, ['-o', 'short-unix', `--since=@${Math.floor(sinceMs / 1000)}`]);
  if (!read.ok) return read;
  const found = [...read.value.matchAll(/^(\d+\.\d+) .*?: Suppressed (\d+) messages(?: from (\S+))?/gm)].map(
    (match) => ({ atMs: Number(match[1]) * 1000, messages: Number(match[2]), unit: match[3] }),
  );
  // journalctl looks at whole seconds.
  return valueOf(found.filter(({ atMs }) => atMs >= sinceMs));
}

/** `Suppressed 4711 messages from example.service` (systemd's journald-rate-limit and server code). */
export function parseSuppressed(text: string): SuppressedMessages {
  const found = [...text.matchAll(/^Suppressed (\d+) messages(?: from (\S+))?/gm)];
  return {
    messages: found.reduce((total, match) => total + Number(match[1]), 0),
    unit: found.at(-1)?.[2],
  };
}
