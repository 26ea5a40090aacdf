import { describe, expect, it } from 'vitest';
import { findCause, type CauseFacts } from '../../src/cause/cause.ts';
import { findCollapse, findOutage } from '../../src/cause/change-point.ts';
import { findTrouble } from '../../src/cause/trouble.ts';
import type { SecondSample } from '../../src/format/result.ts';
import { ERROR_PHASES, type ErrorCounts, type ErrorPhase } from '../../src/load/spec.ts';

const noErrors = Object.fromEntries(ERROR_PHASES.map((phase) => [phase, 0])) as Record<ErrorPhase, number>;

const well: Omit<SecondSample, 'second'> = {
  goodput: 1000,
  attempts: 1000,
  errors: 0,
  phases: {},
  p50Ms: 2,
  p99Ms: 9,
  conntrack: 100,
  conntrackMax: 8192,
  conntrackDrops: 0,
  listenOverflows: 0,
  synRetransmits: 0,
  sockets: null,
  suppressed: null,
  heldUpMs: { generator: 0, sampler: 0 },
  cpuBusy: 0.5,
  steal: 0,
  foreign: 0.01,
  processes: { backend: 0.4, journald: 0.1 },
  vitals: {
    backend: { state: 'S', openFiles: 40, fileLimit: 1024 },
    journald: { state: 'S', openFiles: 20, fileLimit: 1024 },
  },
};

/** Four good seconds, then four with `broken`. */
function breaking(broken: Partial<SecondSample>): readonly SecondSample[] {
  return Array.from({ length: 8 }, (_, second) => ({ ...well, ...(second < 4 ? {} : broken), second }));
}

const verdictOn = (
  seconds: readonly SecondSample[],
  errors: Partial<ErrorCounts> = {},
  kernelLog: CauseFacts['kernelLog'] = [],
): ReturnType<typeof findCause> => findCause({ seconds, errors: { ...noErrors, ...errors }, kernelLog });

const DOWN = { goodput: 10, attempts: 200, errors: 190 };

describe('an outage that passes', () => {
  it('is the first second in which next to nobody was served', () => {
    expect(findOutage([100, 100, 60, 5, 100, 0])).toEqual({ second: 3, before: 100, after: 5 });
  });

  it.each([
    ['a slow second', [100, 100, 11, 100]],
    ['a slow start', [0, 60, 100]],
    ['no seconds', []],
  ] as const)('is not seen in %s', (_name, goodput) => {
    expect(findOutage(goodput)).toBeNull();
  });
});

describe('the collapse of goodput', () => {
  it.each([
    ['a fall that stays', [100, 100, 100, 5, 0, 0, 0], 3],
    ['a fall in the last second but one', [100, 100, 100, 100, 5, 5], 4],
    ['a fall to nothing', [100, 110, 90, 0, 0, 0], 3],
  ] as const)('is found: %s', (_name, goodput, second) => {
    expect(findCollapse(goodput)?.second).toBe(second);
  });

  it.each([
    ['a steady run', [100, 101, 99, 100, 102]],
    ['one slow second', [100, 100, 10, 100, 100, 100]],
    ['a slow start', [10, 60, 100, 100, 100]],
    ['a third taken by a neighbour', [100, 100, 70, 65, 70, 66]],
    ['a run of nothing at all', [0, 0, 0]],
    ['no seconds', []],
  ] as const)('is not seen in %s', (_name, goodput) => {
    expect(findCollapse(goodput)).toBeNull();
  });
});

describe('trouble', () => {
  it('is there from the start when errors are', () => {
    const seconds = breaking({}).map((second) => ({ ...second, errors: 50 }));
    expect(findTrouble(seconds)?.atSecond).toBe(0);
  });

  it('is seen in the time of a repeated SYN although every answer is good', () => {
    const seconds = breaking({}).map((second) => ({ ...second, p99Ms: 1010 }));
    expect(findTrouble(seconds)?.evidence).toContain('SYN');
  });

  it('is not a few errors, nor one slow second', () => {
    const seconds = breaking({}).map((second) => ({
      ...second,
      errors: 2,
      p99Ms: second.second === 3 ? 1500 : 9,
    }));
    expect(findTrouble(seconds)).toBeNull();
  });
});

describe('the cause', () => {
  it('is null when all is well', () => {
    expect(verdictOn(breaking({}))).toBeNull();
  });

  it('is null when goodput fell and no counter moved: never a guess', () => {
    expect(verdictOn(breaking(DOWN), { reset: 700 })).toBeNull();
  });

  it('is a full table when the kernel dropped packets, with its own line', () => {
    const line = { second: 4, text: 'nf_conntrack: table full in netns 42, dropping packet' };
    const seconds = breaking({ ...DOWN, conntrack: 8192, conntrackDrops: 300 });
    const verdict = verdictOn(seconds, {}, [line]);
    expect(verdict).toMatchObject({ cause: 'conntrack-table-full', atSecond: 4 });
    expect(verdict?.evidence.at(-1)).toBe(`kernel: ${line.text}`);
  });

  it('is a full table that the kernel swept a second later, so that goodput came back', () => {
    const goodput = [120, 120, 61, 0, 174, 137];
    const seconds = goodput.map((good, second) => ({
      ...well,
      second,
      goodput: good,
      conntrack: second === 2 || second === 3 ? 8192 : 300,
      conntrackDrops: second === 2 || second === 3 ? 40 : 0,
    }));
    const verdict = verdictOn(seconds);
    expect(verdict).toMatchObject({ cause: 'conntrack-table-full', atSecond: 3 });
    expect(verdict?.evidence[0]).toBe('goodput fell from 120/s to 0/s, and came back');
  });

  it('is no busy core where goodput paused and came back', () => {
    const busy = { cpuBusy: 1, processes: { backend: 0.98 } };
    const seconds = breaking(busy).map((second) => ({
      ...second,
      ...busy,
      goodput: second.second === 5 ? 0 : 1000,
    }));
    expect(verdictOn(seconds)).toBeNull();
  });

  it('is not a full table when nothing was dropped', () => {
    expect(verdictOn(breaking({ ...DOWN, conntrack: 8192 }))).toBeNull();
  });

  it.each([
    ['steal', { ...DOWN, steal: 0.4 }],
    ['cpu-saturated', { ...DOWN, cpuBusy: 1, foreign: 0.8 }],
    ['accept-queue-overflow', { ...DOWN, listenOverflows: 900 }],
    ['file-limit', { ...DOWN, vitals: { backend: { state: 'S', openFiles: 1023, fileLimit: 1024 } } }],
    ['upstream-dead', { ...DOWN, vitals: { backend: { state: null, openFiles: null, fileLimit: null } } }],
    ['journald-stall', { ...DOWN, processes: { backend: 0.01, journald: 0 } }],
    ['cpu-saturated', { ...DOWN, cpuBusy: 1, processes: { backend: 0.98 } }],
  ] as const)('is %s when its counter moved', (cause, broken) => {
    expect(verdictOn(breaking(broken))?.cause).toBe(cause);
  });

  it('is the generator when it had no port left', () => {
    expect(verdictOn(breaking(DOWN), { ports: 190 })?.cause).toBe('generator-out-of-ports');
  });

  it('is the stopped journal, not the accept queue that overflowed behind it', () => {
    const broken = { ...DOWN, listenOverflows: 50, processes: { backend: 0.01, journald: 0 } };
    expect(verdictOn(breaking(broken))?.cause).toBe('journald-stall');
  });

  it('tells of a journal that stalled what it threw away by its rate limit', () => {
    const broken = { ...DOWN, processes: { backend: 0.01, journald: 0 } };
    const evidence = (suppressed: number | null): string =>
      verdictOn(breaking({ ...broken, suppressed }))?.evidence.join('\n') ?? '';
    expect(evidence(700)).toContain('journald threw 2100 lines away by its rate limit');
    expect(evidence(0)).not.toContain('threw');
    expect(evidence(null)).not.toContain('threw');
  });

  it('is not what moved long before', () => {
    const seconds = breaking(DOWN).map((second) =>
      second.second === 0 ? { ...second, listenOverflows: 100 } : second,
    );
    expect(verdictOn(seconds)).toBeNull();
  });
});
