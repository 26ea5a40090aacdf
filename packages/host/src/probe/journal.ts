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
  const args = ['--quiet', '--no-pager', '-o', 'cat', `--since=-${seconds}s`, '_COMM=systemd-journal'];
  if (root.path !== LIVE.path) args.push('-D', join(root.path, 'var/log/journal'));
  try {
    return valueOf(
      parseSuppressed(
        execFileSync('journalctl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
      ),
    );
  } catch (error) {
    return missing('journalctl', error);
  }
}

/** `Suppressed 4711 messages from example.service` (systemd's journald-rate-limit and server code). */
export function parseSuppressed(text: string): SuppressedMessages {
  const found = [...text.matchAll(/^Suppressed (\d+) messages(?: from (\S+))?/gm)];
  return {
    messages: found.reduce((total, match) => total + Number(match[1]), 0),
    unit: found.at(-1)?.[2],
  };
}
