import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  findProcesses,
  followProcessCpu,
  LIVE,
  readCgroupCpu,
  readOpenFiles,
  readProcessStatus,
  readTree,
} from '../../src/index.ts';
import { stage } from '../support/stage.ts';

const stat = (pid: number, name: string, parent: number): Record<string, string> => ({
  [`proc/${pid}/stat`]: `${pid} (${name}) S ${parent} 0 0`,
});

describe('a process', () => {
  it('has a tree of descendants, whatever brackets its name holds', () => {
    const root = stage({
      ...stat(1, 'init', 0),
      ...stat(7, 'a) b (', 1),
      ...stat(9, 'c', 7),
      ...stat(8, 'd', 1),
    });
    expect(readTree(root, 7)).toEqual({ ok: true, value: [7, 9] });
  });

  it('has a tree that the kernel lists by thread, where it keeps such lists', () => {
    const root = stage({
      'proc/7/task/7/children': '9 ',
      'proc/7/task/8/children': '10 11 ',
      'proc/9/task/9/children': '12 ',
      'proc/11/task/11/children': '',
      'proc/12/task/12/children': '',
    });
    expect(readTree(root, 7)).toEqual({ ok: true, value: [7, 9, 10, 11, 12] });
  });

  it('is found by the short name the kernel keeps of a long one', () => {
    const root = stage({ 'proc/5/comm': 'systemd-journal\n', 'proc/6/comm': 'nginx\n' });
    expect(findProcesses(root, 'systemd-journald')).toEqual({ ok: true, value: [5] });
  });

  it('shows its open files beside the limit that it will meet', () => {
    const root = stage({
      'proc/5/limits':
        'Limit                     Soft Limit           Hard Limit           Units\nMax open files            1024                 524288               files\n',
      'proc/5/fd/0': '',
      'proc/5/fd/1': '',
    });
    expect(readOpenFiles(root, 5)).toEqual({ ok: true, value: { open: 2, limit: 1024 } });
  });

  it('that is there but cannot be opened is unreadable, not absent', () => {
    const root = stage({ 'proc/5/limits/in-the-way': '' });
    expect(readOpenFiles(root, 5)).toMatchObject({ ok: false, why: 'unreadable', detail: 'EISDIR' });
    expect(readOpenFiles(root, 6)).toMatchObject({ ok: false, why: 'absent', detail: 'ENOENT' });
  });

  it('counts the CPU of all its threads from the moment it is followed, and keeps what an ended thread used', () => {
    const root = stage({
      ...stat(5, 'node', 1),
      'proc/5/task/5/schedstat': '1000000 0 1\n',
      'proc/5/task/6/schedstat': '500000 0 1\n',
    });
    const cpu = followProcessCpu(root, 5);
    expect(cpu.read()).toBe(0);
    writeFileSync(join(root.path, 'proc/5/task/5/schedstat'), '3000000 0 2\n');
    rmSync(join(root.path, 'proc/5/task/6'), { recursive: true });
    expect(cpu.read()).toBe(2000);
  });

  it('that never was there has no CPU time', () => {
    expect(followProcessCpu(stage({}), 5).read()).toBeNull();
  });

  it('held back by its control group shows how often', () => {
    const root = stage({
      'proc/5/cgroup': '0::/system.slice/x.service\n',
      'sys/fs/cgroup/system.slice/x.service/cpu.stat':
        'usage_usec 10\nnr_periods 100\nnr_throttled 40\nthrottled_usec 5000\n',
    });
    expect(readCgroupCpu(root, 5)).toEqual({
      ok: true,
      value: { usageMicros: 10, periods: 100, throttledPeriods: 40, throttledMicros: 5000 },
    });
  });

  it('of this very machine agrees with what Node says of itself', () => {
    const status = readProcessStatus(LIVE, process.pid);
    expect(status.ok && status.value.parent).toBe(process.ppid);
    const cpu = followProcessCpu(LIVE, process.pid);
    cpu.read();
    const before = process.cpuUsage();
    for (let until = Date.now() + 100; Date.now() < until;);
    const own = process.cpuUsage(before);
    const micros = cpu.read() ?? 0;
    expect(micros / (own.user + own.system)).toBeGreaterThan(0.5);
    expect(micros / (own.user + own.system)).toBeLessThan(2);
  });
});
