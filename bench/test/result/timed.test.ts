import { describe, expect, it } from 'vitest';
import type { Sample } from '../../src/format/line.ts';
import { noErrors } from '../../src/load/error-counts.ts';
import type { LoadBucket } from '../../src/load/spec.ts';
import { predictCliff } from '../../src/result/prediction.ts';
import type { Driven } from '../../src/result/recording.ts';
import { timedRun } from '../../src/result/timed.ts';
import { sampleAt } from '../support/sample.ts';

const START_MS = 5000;
const MAX = 262_144;
const DUMMIES = MAX - 8192;

/** A reading; what a test does not set was never read. */
const row = (atMs: number, entries: number, drop = 0, kernelLines: readonly string[] = []): Sample => ({
  ...sampleAt(START_MS + atMs, atMs * 500),
  conntrack: { count: entries, max: MAX, drop },
  kernelLines,
});

const second = (index: number, good: number): LoadBucket => ({
  atMs: index * 1000,
  good,
  attempts: 1000,
  errors: 0,
  phases: {},
  lateMs: 0,
  p50Ms: 1,
  p99Ms: 2,
});

function driven(samples: readonly Sample[], goodput: readonly number[]): Driven {
  const good = goodput.reduce((sum, value) => sum + value, 0);
  return {
    samples,
    report: {
      attempts: good,
      good,
      errors: noErrors(),
      stalledMs: 0,
      offered: good,
      durationMs: goodput.length * 1000,
      startedAtMs: START_MS,
      cpuMicros: 0,
      latency: null,
      seconds: goodput.map((count, index) => second(index, count)),
    },
  };
}

const OPTIONS = {
  name: 'stateful',
  firewall: 'stateful',
  predictedCliffSecond: 4,
  inode: 42,
  dummies: DUMMIES,
};

describe('a run over time', () => {
  const full = 'nf_conntrack: nf_conntrack: table full in netns 42, dropping packet';
  const elsewhere = full.replace('42', '43');
  const rows = [
    row(0, DUMMIES),
    ...[1, 2, 3].map((at) => row(at * 1000, DUMMIES + at * 2000)),
    row(4000, MAX, 100, [full, elsewhere]),
    ...[5, 6, 7].map((at) => row(at * 1000, MAX, 100 + at)),
  ];
  const run = timedRun(driven(rows, [1000, 1000, 1000, 0, 0, 0, 0]), OPTIONS);

  it('leaves the dummies out of the table it shows', () => {
    expect(run.conntrack).toEqual([2000, 4000, 6000, 8192, 8192, 8192, 8192]);
    expect(run.seconds[0]?.conntrackMax).toBe(8192);
  });

  it('counts what each second added, and no probe that was not read', () => {
    expect(run.seconds.map(({ conntrackDrops }) => conntrackDrops)).toEqual([0, 0, 0, 100, 5, 1, 1]);
    expect(run.seconds[0]?.listenOverflows).toBeNull();
    expect(run.seconds[0]?.foreign).toBeNull();
  });

  it('takes only the kernel’s lines about its own namespace', () => {
    expect(run.kernelLog).toEqual([full]);
  });

  it('says half of the core was busy when half of the time was idle', () => {
    for (const { cpuBusy } of run.seconds) expect(cpuBusy).toBeCloseTo(0.5);
  });

  it('has the sockets of its last reading, and does not know what nobody asked', () => {
    const sockets = { established: 5, other: 2, timeWait: 40, orphans: 1 };
    const [first] = timedRun(driven([row(0, 0), { ...row(900, 0), sockets }], [10]), OPTIONS).seconds;
    expect(first?.sockets).toEqual(sockets);
    expect(first?.suppressed).toBeNull();
  });

  it('puts what journald threw away, and what held the bench up, into their seconds', () => {
    const loss = (atMs: number) => ({ atMs: START_MS + atMs, messages: 300, unit: 'site.service' });
    const late = [row(0, 0), { ...row(1400, 0), lateMs: 420 }, row(2000, 0)];
    const base = driven(late, [10, 10]);
    const seconds = base.report.seconds.map((each) => ({ ...each, lateMs: each.atMs === 0 ? 70 : 1 }));
    const disturbed = timedRun(
      {
        ...base,
        report: { ...base.report, seconds },
        losses: [loss(100), loss(1100), loss(1900), loss(2100)],
      },
      OPTIONS,
    );
    expect(disturbed.seconds.map(({ suppressed }) => suppressed)).toEqual([300, 600]);
    expect(disturbed.seconds.map(({ heldUpMs }) => heldUpMs)).toEqual([
      { generator: 70, sampler: 0 },
      { generator: 1, sampler: 420 },
    ]);
  });

  it('names its cause', () => {
    expect(run.verdict).toMatchObject({ cause: 'conntrack-table-full', atSecond: 3 });
  });
});

describe('the prediction', () => {
  it('is free entries over the rate of the first seconds, from the start of measuring', () => {
    const rows = [0, 500, 1000, 1500, 2000].map((at) => row(at, DUMMIES + at));
    // 1,000 entries a second: 8,192 of them last 8.2 s.
    expect(predictCliff(rows, START_MS)).toBeCloseTo(8.192, 2);
  });

  it('is the moment of filling when the table was full at the first look', () => {
    const rows = [row(-20, DUMMIES), ...[80, 180, 2100].map((at) => row(at, MAX))];
    expect(predictCliff(rows, START_MS)).toBeCloseTo(0.08, 2);
  });

  it('waits for the first growth where a slow machine opened nothing in two seconds', () => {
    const rows = [0, 500, 2000].map((at) => row(at, DUMMIES));
    // 1,280 entries since the half second; the other 6,912 go at the same pace.
    const rate = 1280 / 2;
    expect(predictCliff([...rows, row(2500, DUMMIES + 1280)], START_MS)).toBeCloseTo(2.5 + 6912 / rate, 2);
  });

  it('does with the two readings that a crowded machine had time for', () => {
    expect(predictCliff([row(-100, DUMMIES), row(3900, DUMMIES + 4000)], START_MS)).toBeCloseTo(8.092, 2);
  });

  it('starts anew where the kernel swept closed connections out of the table', () => {
    const before = [0, 500, 1000, 1500].map((at) => row(at, DUMMIES + at));
    const after = [1600, 2100, 2600, 3600].map((at) => row(at, DUMMIES + at - 1600));
    // 1,000 entries a second, from nothing at 1.6 s.
    expect(predictCliff([...before, ...after], START_MS)).toBeCloseTo(1.6 + 8.192, 2);
  });

  it('is none when the table does not grow', () => {
    const rows = [0, 500, 2000].map((at) => row(at, 100));
    expect(predictCliff(rows, START_MS)).toBeNull();
  });

  it('is none when the table cannot be read', () => {
    const unread = [500, 2000].map((at) => ({ ...row(at, 0), conntrack: null }));
    expect(predictCliff(unread, START_MS)).toBeNull();
  });
});
