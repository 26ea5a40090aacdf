// Whether the server's programs live, in which state, and how many files they have open against their limit.
import { readFileSync } from 'node:fs';
import { LIVE, readOpenFiles } from '@tollgate/host';
import type { ProcessVitals } from '../format/result.ts';

/** A program to follow: one of the lab's own, or one that was found. */
export interface Watched {
  readonly pid: number | undefined;
  readonly ended: boolean;
}

export const vitalsOf = (
  processes: Readonly<Record<string, Watched>>,
  pids: Readonly<Record<string, number>>,
): Readonly<Record<string, ProcessVitals>> =>
  Object.fromEntries(
    Object.entries(processes).map(([name, process]) => [name, process.ended ? ENDED : look(pids[name])]),
  );

const ENDED: ProcessVitals = { state: null, openFiles: null, fileLimit: null };

function look(pid: number | undefined): ProcessVitals {
  const state = pid === undefined ? undefined : stateOf(pid);
  if (pid === undefined || state === undefined) return ENDED;
  const files = readOpenFiles(LIVE, pid);
  if (!files.ok) return { state, openFiles: null, fileLimit: null };
  const { open, limit } = files.value;
  return { state, openFiles: open, fileLimit: Number.isFinite(limit) ? limit : null };
}

function stateOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2)[0];
  } catch {
    // It has ended.
    return undefined;
  }
}
