// How long accept queues may become: what each listener asked for, which the kernel tells over netlink and not in /proc.
import { execFileSync } from 'node:child_process';
import { type HostRoot, LIVE, missing, type Reading, valueOf } from './reading.ts';

/** Connections that may wait, by the inode of the listener. */
export type Backlogs = ReadonlyMap<number, number>;

/** Asks ss; absent without it and in a staged tree. Spawns a process: not for a sampler. */
export function readBacklogs(root: HostRoot, netOf?: number): Reading<Backlogs> {
  if (root.path !== LIVE.path) return { ok: false, why: 'absent', path: 'ss', detail: 'a staged tree' };
  try {
    return valueOf(parseBacklogs(netOf === undefined ? output('ss', LISTENERS) : outputInside(netOf)));
  } catch (error) {
    return missing('ss', error);
  }
}

const LISTENERS = ['-ltnHe'];

const outputInside = (netOf: number): string =>
  output('nsenter', [`--net=/proc/${netOf}/ns/net`, 'ss', ...LISTENERS]);

const output = (program: string, args: readonly string[]): string =>
  execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

/** `LISTEN 0 4096 0.0.0.0:443 0.0.0.0:* uid:0 ino:4711 sk:1 …`: of a listener the second number is its limit (ss(8)). */
function parseBacklogs(text: string): Backlogs {
  const found = [...text.matchAll(/^LISTEN +\d+ +(\d+) .* ino:(\d+) /gm)];
  return new Map(found.map(([, limit, inode]) => [Number(inode), Number(limit)]));
}
