// Resident memory of a process, as the kernel counts it.
import { readFileSync, writeFileSync } from 'node:fs';

const MB = 1024 ** 2;

/** `VmRSS` now, `VmHWM` at its highest since the last `forgetPeak` (Documentation/filesystems/proc.rst); bytes. */
export function residentBytes(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
  if (kilobytes === undefined) throw new Error(`/proc/${pid}/status: expected ${field}, got ${status}`);
  return Number(kilobytes) * 1024;
}

/** Makes the present size the highest. */
export const forgetPeak = (pid: number): void => writeFileSync(`/proc/${pid}/clear_refs`, '5');

/** By how many MB the processes outgrow their present size while `act` is under way; peaks of each, added. */
export async function growthOf(pids: readonly number[], act: () => Promise<void>): Promise<number> {
  for (const pid of pids) forgetPeak(pid);
  const before = pids.map((pid) => residentBytes(pid, 'VmRSS'));
  await act();
  const grown = pids.map((pid, at) => residentBytes(pid, 'VmHWM') - (before[at] ?? 0));
  return grown.reduce((sum, bytes) => sum + bytes, 0) / MB;
}
