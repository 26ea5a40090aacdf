import { array, assert, integer, property } from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { RateTable } from '../../../src/policy/rate/table.ts';

const none = (): void => undefined;

describe('a rate table', () => {
  it('lets a burst pass, then one each interval, and says how long to wait', () => {
    const table = new RateTable({ requests: 2, perMs: 1000, burst: 3 }, none);
    expect([1, 2, 3].map(() => table.waitMs('a', 0))).toEqual([0, 0, 0]);
    expect(table.waitMs('a', 0)).toBe(500);
    expect(table.waitMs('a', 499)).toBe(1);
    expect(table.waitMs('a', 500)).toBe(0);
    expect(table.waitMs('a', 500)).toBe(500);
    expect(table.waitMs('b', 500)).toBe(0);
  });

  it('never lets more pass in any time than the burst and what the rate gives', () => {
    const asked = array(integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 200 });
    assert(
      property(integer({ min: 1, max: 20 }), integer({ min: 1, max: 10 }), asked, (requests, burst, gaps) => {
        const table = new RateTable({ requests, perMs: 1000, burst }, none);
        let now = 0;
        const passed: number[] = [];
        for (const gap of gaps) {
          now += gap;
          if (table.waitMs('a', now) === 0) passed.push(now);
        }
        for (const [first, from] of passed.entries()) {
          const worst = Math.max(
            ...passed.slice(first).map((to, more) => more + 1 - ((to - from) * requests) / 1000),
          );
          expect(worst).toBeLessThanOrEqual(burst + 1e-6);
        }
      }),
    );
  });

  it('is as long as it may be at most, and counts whom it forgets too early', () => {
    const forgotten = vi.fn();
    const table = new RateTable({ requests: 1, perMs: 1000, burst: 1 }, forgotten, 2);
    table.waitMs('a', 0);
    table.waitMs('b', 1);
    table.waitMs('c', 2);
    expect([table.size, forgotten.mock.calls.length]).toEqual([2, 1]);
    // Quiet for long enough: nothing is lost with it.
    table.waitMs('d', 1500);
    expect([table.size, forgotten.mock.calls.length]).toEqual([2, 1]);
  });

  it('takes in what others have let pass, and forgets nothing of its own', () => {
    const table = new RateTable({ requests: 2, perMs: 1000, burst: 2 }, none);
    table.learn('a', 1000, 0);
    expect(table.waitMs('a', 0)).toBe(500);
    table.learn('a', 200, 0);
    expect(table.waitMs('a', 400)).toBe(100);
    expect(table.waitMs('a', 500)).toBe(0);
  });
});
