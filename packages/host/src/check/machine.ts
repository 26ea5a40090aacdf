// The machine itself: CPU taken by others, pressure, quota, memory, open files.
import { type Check, judged, percent, statusAbove, unknown } from './check.ts';
import { hasGivenUpOpening } from '../probe/process.ts';
import { growth, type View } from './view.ts';

export function machineChecks(view: View): readonly Check[] {
  return [stealCheck(view), pressureCheck(view), quotaCheck(view), memoryCheck(view), filesCheck(view)];
}

function stealCheck({ before, now }: View): Check {
  const id = 'steal';
  if (!now.cpu.ok) return unknown(id, `CPU times cannot be read (${now.cpu.why})`);
  const stolen = growth(before.cpu, now.cpu, ({ stealMicros }) => stealMicros);
  const all = growth(
    before.cpu,
    now.cpu,
    ({ busyMicros, idleMicros, iowaitMicros, stealMicros }) =>
      busyMicros + idleMicros + iowaitMicros + stealMicros,
  );
  const share = percent(stolen, all);
  return judged({
    id,
    status: statusAbove(share, { warn: 2, fail: 10 }),
    value: share,
    limit: 2,
    unit: '%',
    good: `${share} % of the CPU time went to other guests`,
    bad: `${share} % of the CPU time this machine asked for went to other guests of the same host`,
    fix: 'nothing here: ask the provider for another host, or for dedicated cores',
    confidence: all > 1_000_000 ? 'high' : 'low',
  });
}

function pressureCheck({ now }: View): Check {
  const id = 'cpu-pressure';
  if (!now.pressure.ok) return unknown(id, `the kernel does not tell pressure (${now.pressure.why})`);
  const value = now.pressure.value.someAvg10;
  return judged({
    id,
    status: statusAbove(value, { warn: 20, fail: 60 }),
    value,
    limit: 20,
    unit: '%',
    good: `in ${value} % of the last 10 s something waited for a CPU`,
    bad: `in ${value} % of the last 10 s something waited for a CPU: there is more to do than cores`,
    fix: 'pnpm bench says what each layer costs; REQUEST_LOG=auto, a unix hop, or one more core',
  });
}

function quotaCheck({ before, now }: View): Check {
  const id = 'cpu-quota';
  if (!now.cgroup.ok) {
    return now.cgroup.why === 'absent'
      ? judged({
          id,
          status: 'ok',
          value: 0,
          limit: null,
          unit: '%',
          good: 'no CPU quota is set',
          bad: '',
          fix: '',
        })
      : unknown(id, `the control group cannot be read (${now.cgroup.why})`);
  }
  const periods = growth(before.cgroup, now.cgroup, (cpu) => cpu.periods);
  const held = growth(before.cgroup, now.cgroup, ({ throttledPeriods }) => throttledPeriods);
  const share =
    periods > 0
      ? percent(held, periods)
      : percent(now.cgroup.value.throttledPeriods, now.cgroup.value.periods);
  return judged({
    id,
    status: statusAbove(share, { warn: 1, fail: 10 }),
    value: share,
    limit: 1,
    unit: '%',
    good: `held back by its CPU quota in ${share} % of the periods`,
    bad: `held back by its CPU quota in ${share} % of the periods: latency jumps though cores are idle`,
    fix: 'raise CPUQuota= of the unit, or the CPU limit of the container; set workers to whole cores',
  });
}

function memoryCheck({ now }: View): Check {
  const id = 'memory';
  if (!now.memory.ok) return unknown(id, `memory cannot be read (${now.memory.why})`);
  const { totalBytes, availableBytes } = now.memory.value;
  const free = percent(availableBytes, totalBytes);
  const megabytes = Math.round(availableBytes / 2 ** 20);
  return judged({
    id,
    status: free < 5 ? 'fail' : free < 10 ? 'warn' : 'ok',
    value: free,
    limit: 10,
    unit: '% free',
    good: `${megabytes} MB are available`,
    bad: `only ${megabytes} MB are available: the next spike meets the out-of-memory killer`,
    fix: 'MemoryMax= on the units that may die; fewer workers; a little swap',
  });
}

function filesCheck({ now }: View): Check {
  const id = 'open-files';
  if (!now.files.ok) return unknown(id, `open files cannot be read (${now.files.why})`);
  const busiest = now.files.value;
  if (busiest === undefined) return unknown(id, 'open files of other users can be read by root only');
  const { open, limit, name, pid } = busiest;
  const sandboxed = hasGivenUpOpening(busiest);
  const used = Number.isFinite(limit) && !sandboxed ? percent(open, limit) : 0;
  const many = `${name} (${pid}) has ${open} of ${limit} files open`;
  return judged({
    id,
    status: statusAbove(used, { warn: 70, fail: 90 }),
    value: used,
    limit: 70,
    unit: '%',
    good: sandboxed ? `${many}: it gave up opening more, as sandboxes do` : `${many}, the nearest to a limit`,
    bad: `${many}; a proxy needs two per connection, and accepts nobody at the limit`,
    fix: `LimitNOFILE=65536 in the unit of ${name}; ulimit -n in a shell changes only that shell`,
  });
}
