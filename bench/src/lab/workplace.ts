// Where a run keeps its files, named after its owner, so that the next run can tell a dead run's remains and clear them.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Scope } from './scope.ts';

const PREFIX = 'tollgate-lab-';
/** Every process of a run inherits this, so that none can be overlooked. */
const MARK = 'TOLLGATE_LAB';

/** A fresh directory `tollgate-lab-PID-STARTTIME-RANDOM`, removed with the scope. */
export function openWorkplace(scope: Scope): string {
  const owner = `${PREFIX}${process.pid}-${startTime(process.pid) ?? 0}-`;
  const directory = mkdtempSync(join(tmpdir(), owner));
  process.env[MARK] = owner;
  scope.defer(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/**
 * Removes what runs left behind that were killed with no chance to clear up; answers what it removed.
 * Namespaces need no sweep: they die with their holder, and the holder with its parent (prctl(2), PR_SET_PDEATHSIG).
 */
export function sweepStale(): readonly string[] {
  const stale = readdirSync(tmpdir()).filter((name) => isStale(name));
  const owners = new Set(stale.map((name) => name.slice(0, name.lastIndexOf('-') + 1)));
  const killed = process.platform === 'linux' && owners.size > 0 ? killMarked(owners) : [];
  for (const name of stale) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  return [...stale, ...killed];
}

/** The start time tells an owner from a later process with the same number. */
function isStale(name: string): boolean {
  const match = /^tollgate-lab-(\d+)-(\d+)-/.exec(name);
  if (match === null) return false;
  const started = startTime(Number(match[1]));
  return started === undefined || String(started) !== match[2];
}

function killMarked(owners: ReadonlySet<string>): readonly string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && owners.has(markOf(name)));
  for (const pid of pids) kill(Number(pid));
  return pids.map((pid) => `process ${pid}`);
}

function markOf(pid: string): string {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return environment.find((entry) => entry.startsWith(`${MARK}=`))?.slice(MARK.length + 1) ?? '';
  } catch {
    // Another user's process, or one that has just ended: not one of ours.
    return '';
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself between the listing and the signal.
  }
}

/** Clock ticks after boot (proc_pid_stat(5), field 22); the name may hold spaces, so count from the last bracket. */
function startTime(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  } catch {
    // Gone, or not Linux.
    return undefined;
  }
}
