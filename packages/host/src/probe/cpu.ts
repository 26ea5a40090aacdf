// Machine CPU time from /proc/stat: cumulative since boot, whole and by core, steal and softirq apart.
import { type HostRoot, type Reading, readWith } from './reading.ts';

/** USER_HZ, which the kernel fixes at 100 for every architecture Node runs on (include/asm-generic/param.h). */
const MICROS_PER_TICK = 10_000;

/** Microseconds since boot, in steps of 10 ms. */
export interface CpuTimes {
  readonly userMicros: number;
  readonly niceMicros: number;
  readonly systemMicros: number;
  readonly idleMicros: number;
  readonly iowaitMicros: number;
  readonly irqMicros: number;
  readonly softirqMicros: number;
  readonly stealMicros: number;
  /** user + nice + system + irq + softirq: what ran here; steal ran elsewhere. */
  readonly busyMicros: number;
}

export interface MachineCpu {
  readonly all: CpuTimes;
  /** By core number; a core that is offline has no entry. */
  readonly cores: ReadonlyMap<number, CpuTimes>;
}

export const readMachineCpu = (root: HostRoot): Reading<MachineCpu> =>
  readWith(root, 'proc/stat', parseMachineCpu);

function parseMachineCpu(text: string): MachineCpu | undefined {
  const cores = new Map<number, CpuTimes>();
  let all: CpuTimes | undefined;
  for (const line of text.split('\n')) {
    if (!line.startsWith('cpu')) break;
    const [name = '', ...cells] = line.split(/\s+/);
    const times = parseTimes(cells);
    if (times === undefined) return undefined;
    if (name === 'cpu') all = times;
    else cores.set(Number(name.slice(3)), times);
  }
  return all === undefined ? undefined : { all, cores };
}

/** The order is fixed by proc_stat(5); later kernels only append. */
function parseTimes(cells: readonly string[]): CpuTimes | undefined {
  const ticks = cells.map(Number);
  const [user, nice, system, idle, iowait = 0, irq = 0, softirq = 0, steal = 0] = ticks;
  if (user === undefined || nice === undefined || system === undefined || idle === undefined)
    return undefined;
  if (ticks.some((tick) => Number.isNaN(tick))) return undefined;
  return {
    userMicros: user * MICROS_PER_TICK,
    niceMicros: nice * MICROS_PER_TICK,
    systemMicros: system * MICROS_PER_TICK,
    idleMicros: idle * MICROS_PER_TICK,
    iowaitMicros: iowait * MICROS_PER_TICK,
    irqMicros: irq * MICROS_PER_TICK,
    softirqMicros: softirq * MICROS_PER_TICK,
    stealMicros: steal * MICROS_PER_TICK,
    busyMicros: (user + nice + system + irq + softirq) * MICROS_PER_TICK,
  };
}
