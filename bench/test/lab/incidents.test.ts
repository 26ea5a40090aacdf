// Each way a site can break is staged for real and must be named by its counter; a run that is well must be named nothing.
import { describe, expect, it } from 'vitest';
import type { Cell, CellPlan, DriveHooks, LoadShape } from '../../src/experiment/cell.ts';
import type { TimedRun } from '../../src/format/result.ts';
import { nginx } from '../../src/lab/subject/nginx.ts';
import { plain, type PlainOptions } from '../../src/lab/subject/plain.ts';
import { limitTable } from '../../src/lab/table-limit.ts';
import { timedRun } from '../../src/result/timed.ts';
import { noLab, openTestCell } from './staging.ts';

const QUIET = { warmupMs: 300, durationMs: 7000, connections: 50, timeoutMs: 3000 } as const;

const planOf = (options: PlainOptions, rest: Partial<CellPlan> = {}): CellPlan => ({
  name: 'plain',
  firewall: 'none',
  journal: false,
  subject: (bench) => plain(bench, options),
  ...rest,
});

async function run(cell: Cell, shape: LoadShape, hooks: DriveHooks = {}, dummies = 0): Promise<TimedRun> {
  const driven = await cell.drive(shape, { kernelLog: true, ...hooks });
  const inode = cell.lab.namespace?.inode ?? null;
  return timedRun(driven, { name: 'test', firewall: null, predictedCliffSecond: null, inode, dummies });
}

/** Two seconds of health first, so that there is something to fall from. */
const afterTwoSeconds = (act: () => void): DriveHooks => ({ onMeasuring: () => void setTimeout(act, 2000) });

describe.skipIf(noLab !== false)('a staged incident is named', { timeout: 300_000 }, () => {
  it('names nothing when all is well', async () => {
    const cell = await openTestCell(planOf({}));
    const result = await run(cell, { ...QUIET, mode: 'keepalive', rate: 200 });
    expect(result.goodput.length).toBe(7);
    expect(result.verdict).toBeNull();
  });

  it('conntrack-table-full, with the kernel’s own line as evidence', async () => {
    const cell = await openTestCell(planOf({}, { firewall: 'stateful' }));
    const dummies = cell.lab.namespace === undefined ? 0 : await limitTable(cell.lab.namespace, 1024);
    const result = await run(cell, { ...QUIET, mode: 'new', rate: 300 }, {}, dummies);
    expect(result.verdict?.cause).toBe('conntrack-table-full');
    expect(result.verdict?.evidence.join('\n')).toMatch(/kernel: .*nf_conntrack: table full in netns \d+/);
    expect(Math.max(...result.conntrack.map((count) => count ?? 0))).toBeLessThanOrEqual(1024);
  });

  it('accept-queue-overflow, with a backlog of one', async () => {
    const cell = await openTestCell(planOf({ backlog: 1, busyMicros: 3000 }));
    // So many that clients wait out repeated SYNs all the time: with fewer, most get in at the second try.
    const result = await run(cell, { ...QUIET, mode: 'new', connections: 250 });
    expect(result.verdict?.cause).toBe('accept-queue-overflow');
    expect(result.verdict?.evidence.join('\n')).toContain('ListenOverflows');
  });

  it('journald-stall, with journald stopped under a server that logs to it', async () => {
    // systemd-cat gives its stream a buffer of 8 MB (SNDBUF_SIZE), which long lines fill in two seconds.
    const cell = await openTestCell(planOf({ logBytes: 4000 }, { journal: true }));
    const stop = afterTwoSeconds(() => cell.running.processes['journald']?.signal('SIGSTOP'));
    const result = await run(cell, { ...QUIET, durationMs: 9000, mode: 'keepalive', rate: 1000 }, stop);
    expect(result.verdict?.cause).toBe('journald-stall');
    expect(result.verdict?.evidence.join('\n')).toContain('stopped');
  });

  it('cpu-saturated, with eight busy programs on the server’s core', async () => {
    const cell = await openTestCell(planOf({ busyMicros: 400 }));
    const crowd = afterTwoSeconds(() => {
      for (let count = 0; count < 8; count += 1) {
        const hog = cell.lab.server.start(['sh', '-c', 'while :; do :; done'], {
          name: 'hog',
          core: cell.lab.cores.server,
        });
        cell.lab.scope.defer(() => hog.stop());
      }
    });
    const result = await run(cell, { ...QUIET, mode: 'keepalive', rate: 900 }, crowd);
    expect(result.verdict?.cause).toBe('cpu-saturated');
    expect(result.verdict?.evidence.join('\n')).toContain('not the server');
  });

  it('upstream-dead, with the upstream killed behind its front', async () => {
    const cell = await openTestCell({
      name: 'nginx',
      firewall: 'none',
      journal: false,
      subject: (bench) => nginx(bench, { name: 'nginx', hop: 'tcp', tuned: true }),
    });
    const kill = afterTwoSeconds(() => cell.running.processes['backend']?.signal('SIGKILL'));
    const result = await run(cell, { ...QUIET, mode: 'keepalive', rate: 200 }, kill);
    expect(result.verdict?.cause).toBe('upstream-dead');
    expect(result.verdict?.evidence.join('\n')).toContain('backend');
  });

  it('file-limit, with fewer files allowed than there are clients', async () => {
    const cell = await openTestCell(planOf({ fileLimit: 60 }));
    const result = await run(cell, { ...QUIET, mode: 'keepalive', connections: 125 });
    expect(result.verdict?.cause).toBe('file-limit');
    expect(result.verdict?.evidence.join('\n')).toContain('RLIMIT_NOFILE');
  });

  it('generator-out-of-ports, with eight ports an address', async () => {
    const cell = await openTestCell(planOf({}, { clientPorts: [40_000, 40_007] }));
    const result = await run(cell, { ...QUIET, mode: 'new', connections: 125 });
    expect(result.verdict?.cause).toBe('generator-out-of-ports');
    expect(result.verdict?.evidence.join('\n')).toContain('EADDRNOTAVAIL');
  });
});
