import { Histogram } from '@tollgate/proxy';
import { describe, expect, it } from 'vitest';
import { costOf } from '../../../src/serve/live/cost.ts';
import { pulseOf } from '../../../src/serve/live/pulse.ts';
import { quantile, since } from '../../../src/serve/live/quantile.ts';
import { lookAt } from '../../support/looks.ts';

const threads = (
  mainMicros: number,
  helpersMicros = 0,
): {
  mainMicros: number;
  helpersMicros: number;
  poolMicros: number;
} => ({ mainMicros, helpersMicros, poolMicros: 0 });

const samples = (front: number, hop: number): NonNullable<Parameters<typeof lookAt>[0]['layers']> => ({
  samples: { tls: 0, front, hop, log: 0, app: 0, writes: 0, reads: 0, collector: 0, other: 0 },
  pausedMs: 40,
});

describe('quantiles', () => {
  it('are within an eighth of the truth, of what was counted since', () => {
    const times = new Histogram();
    times.observe(9000);
    const before = times.figures();
    for (let ms = 1; ms <= 1000; ms++) times.observe(ms);
    const counts = since(before, times.figures());
    expect(Math.abs((quantile(counts, 0.5) ?? 0) / 500 - 1)).toBeLessThan(0.125);
    expect(Math.abs((quantile(counts, 0.99) ?? 0) / 990 - 1)).toBeLessThan(0.125);
  });

  it('are none of nothing', () => {
    expect(quantile(new Histogram().figures().counts, 0.5)).toBeNull();
  });
});

describe('a second of the live page', () => {
  it('has rates, also when the look came late', () => {
    const before = lookAt({ second: 1, answers: [0, 100, 0, 10, 0] });
    const now = lookAt({ second: 3, answers: [0, 300, 0, 10, 2], timesMs: [5, 5, 5] });
    const pulse = pulseOf(before, now, before);
    expect(pulse.answers).toEqual([0, 100, 0, 0, 1]);
    expect(pulse.p50Ms).toBeGreaterThan(4);
    expect(pulse.p99Ms).toBeLessThanOrEqual(5);
  });

  it('tells what came from a cache, and what was cut without an answer', () => {
    const before = lookAt({ second: 1, cached: { hits: 10, misses: 5 }, drops: { 'slow-reader': 1 } });
    const cached = { hits: 20, collapsed: 6, misses: 7, passed: 2 };
    const now = lookAt({ second: 3, cached, drops: { 'slow-reader': 3, 'peer-gone': 2 } });
    expect(pulseOf(before, now, before)).toMatchObject({
      cache: { served: 8, asked: 2 },
      refusals: { 'slow-reader': 1, 'peer-gone': 1 },
    });
    expect(pulseOf(lookAt({ second: 1 }), lookAt({ second: 2 }), before).cache).toBeNull();
  });

  it('never shows a rate below nothing after a reload took a route away', () => {
    const before = lookAt({ second: 1, answers: [0, 100, 0, 0, 0], timesMs: [1, 2] });
    const now = lookAt({ second: 2, answers: [0, 0, 0, 0, 0] });
    expect(pulseOf(before, now, before)).toMatchObject({ answers: [0, 0, 0, 0, 0], p50Ms: null });
  });
});

describe('the toll', () => {
  const before = lookAt({ second: 0, threads: threads(1000, 0), journalMicros: 50 });

  it('shares the CPU time of the window out over its requests', () => {
    const now = lookAt({
      second: 10,
      answers: [0, 100, 0, 0, 0],
      threads: threads(5000, 1000),
      systemMicros: 2000,
      journalMicros: 850,
    });
    expect(costOf(before, now)).toEqual({
      requests: 100,
      seconds: 10,
      own: [
        { name: 'main', micros: 40, plusMinus: null },
        { name: 'helpers', micros: 10, plusMinus: null },
      ],
      totalMicros: 50,
      kernelMicros: 20,
      beside: [{ name: 'journald', micros: 8, plusMinus: null }],
      samples: null,
      pausedMs: null,
    });
  });

  it('tells the layers apart by samples, each with its interval, and they add up to the event loop', () => {
    const now = lookAt({
      second: 10,
      answers: [0, 100, 0, 0, 0],
      threads: threads(5000),
      layers: samples(75, 25),
    });
    const cost = costOf(before, now);
    expect(cost).toMatchObject({ samples: 100, pausedMs: 40, totalMicros: 40 });
    const rows = Object.fromEntries(cost?.own.map((row) => [row.name, row]) ?? []);
    expect(rows['front']?.micros).toBe(30);
    expect(rows['hop']?.micros).toBe(10);
    // 1.96 sqrt(0.75 x 0.25 / 100) of 40 us
    expect(rows['hop']?.plusMinus).toBeCloseTo(3.39, 1);
    expect(cost?.own.reduce((sum, { micros }) => sum + micros, 0)).toBeCloseTo(40);
  });

  it('says nothing of a handful of requests', () => {
    const now = lookAt({ second: 10, answers: [0, 19, 0, 0, 0], threads: threads(5000) });
    expect(costOf(before, now)).toBeNull();
  });

  it('leaves out a worker that was replaced in the window: its clock began anew', () => {
    const now = lookAt({ second: 10, answers: [0, 100, 0, 0, 0], threads: threads(400), pid: 8 });
    expect(costOf(before, now)).toMatchObject({ totalMicros: 0 });
  });
});
