// CPU quota of a process's control group: a container that is held back looks like a slow program.
import { type HostRoot, type Reading, readText, readWith } from './reading.ts';

export interface CgroupCpu {
  readonly usageMicros: number;
  readonly periods: number;
  /** Periods in which the group used up its quota and had to wait. */
  readonly throttledPeriods: number;
  readonly throttledMicros: number;
}

/** Control groups v2 at their usual place; absent on v1 or where no quota was ever set. */
export function readCgroupCpu(root: HostRoot, pid: number | 'self'): Reading<CgroupCpu> {
  const membership = readText(root, `proc/${pid}/cgroup`);
  if (!membership.ok) return membership;
  const group = membership.value.match(/^0::(.*)$/m)?.[1] ?? '/';
  return readWith(root, `sys/fs/cgroup${group === '/' ? '' : group}/cpu.stat`, parseCpuStat);
}

function parseCpuStat(text: string): CgroupCpu | undefined {
  const fields = new Map(
    text.split('\n').map((line) => {
      const [name = '', value] = line.split(' ');
      return [name, Number(value)] as const;
    }),
  );
  const usageMicros = fields.get('usage_usec');
  if (usageMicros === undefined) return undefined;
  return {
    usageMicros,
    periods: fields.get('nr_periods') ?? 0,
    throttledPeriods: fields.get('nr_throttled') ?? 0,
    throttledMicros: fields.get('throttled_usec') ?? 0,
  };
}
