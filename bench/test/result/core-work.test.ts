import { describe, expect, it } from 'vitest';
import type { CoreReading } from '../../src/format/line.ts';
import { readingAt, workBetween } from '../../src/result/core-work.ts';

const reading = (atMs: number, values: Partial<CoreReading> = {}): CoreReading => ({
  atMs,
  idleMicros: 0,
  stealMicros: 0,
  tasksMicros: null,
  processMicros: {},
  ...values,
});

describe('what a core was busy with', () => {
  it('is the elapsed time less idle and stolen time', () => {
    const work = workBetween(reading(0), reading(1000, { idleMicros: 600_000, stealMicros: 100_000 }));
    expect(work.busyMicros).toBe(300_000);
    expect(work.foreignMicros).toBeNull();
  });

  it('takes tasks that are not the server’s apart, and leaves interrupts with the server', () => {
    const work = workBetween(
      reading(0, { tasksMicros: 0, processMicros: { front: 0 } }),
      reading(1000, { idleMicros: 300_000, tasksMicros: 650_000, processMicros: { front: 400_000 } }),
    );
    // 700 ms busy = 400 of the front + 250 of others + 50 in interrupts outside of any task.
    expect(work.foreignMicros).toBe(250_000);
    expect(work.busyMicros - (work.foreignMicros ?? 0)).toBe(450_000);
  });

  it('counts no process as less than nothing when its counter was not there at first', () => {
    const work = workBetween(
      reading(0, { processMicros: { a: null } }),
      reading(1000, { processMicros: { a: 5 } }),
    );
    expect(work.processMicros).toEqual({ a: 5 });
  });
});

describe('the reading at a moment', () => {
  const readings = [reading(0), reading(100, { idleMicros: 40 }), reading(200, { idleMicros: 100 })];

  it('lies in proportion between its neighbours', () => {
    expect(readingAt(readings, 150).idleMicros).toBe(70);
  });

  it('is the first or the last beyond the ends', () => {
    expect(readingAt(readings, -50).idleMicros).toBe(0);
    expect(readingAt(readings, 900).idleMicros).toBe(100);
  });

  it('throws when there are none', () => {
    expect(() => readingAt([], 1)).toThrow('no readings');
  });
});
