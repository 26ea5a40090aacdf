// Reads a core's clocks from that core itself, when told to; run as a program, pinned: CORE, then a line of pids on stdin for each reading.
import { closeSync, openSync, readSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { followProcessCpu, LIVE, type ProcessCpuReader, readMachineCpu } from '@tollgate/host';
import { coreReading } from './accounting.ts';
import { idleOf, type Idle } from './idle-time.ts';

const core = Number(process.argv[2]);
const TIMERS = '/proc/timer_list';
/** Both cores' timers come before the second core's idle time; a machine of many cores has more. */
const buffer = Buffer.allocUnsafe(1024 * 1024);
const timers = openTimers();
const followed = new Map<number, ProcessCpuReader>();

/** Only root may; everybody else has the ticks of /proc/stat. */
function openTimers(): number | null {
  try {
    return openSync(TIMERS, 'r');
  } catch {
    return null;
  }
}

/** A sequence file hands out a page or so at a time; the part about this core is all that is wanted. */
function readIdle(fd: number): Idle | null {
  for (let length = 0, got = 1; got > 0 && length < buffer.length; length += got) {
    got = readSync(fd, buffer, length, buffer.length - length, length);
    const idle = idleOf(buffer.toString('latin1', 0, length + got), core);
    if (idle !== null) return idle;
  }
  return null;
}

function microsOf(pid: number): number | null {
  const reader = followed.get(pid) ?? followProcessCpu(LIVE, pid);
  followed.set(pid, reader);
  return reader.read();
}

function read(pids: readonly number[]): string {
  const atMs = Number(process.hrtime.bigint()) / 1e6;
  const cpu = readMachineCpu(LIVE);
  const idle = timers === null ? null : readIdle(timers);
  const reading = coreReading(cpu.ok ? cpu.value : null, core);
  const processMicros = pids.map(microsOf);
  return JSON.stringify({ atMs, ...reading, ...idle, isExact: idle !== null, processMicros });
}

console.log('ready');
// The parent holds stdin open for as long as it lives.
for await (const line of createInterface({ input: process.stdin })) {
  const pids: readonly number[] = JSON.parse(line);
  process.stdout.write(`${read(pids)}\n`);
}
if (timers !== null) closeSync(timers);
