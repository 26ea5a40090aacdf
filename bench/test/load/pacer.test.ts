// The schedule of the open loop: even, without drift, and never a request early.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { constantRate } from '../../src/load/pacer.ts';

const rates = fc.double({ min: 0.1, max: 200_000, noNaN: true });

describe('pacer', () => {
  it('has the first request due at once and the others evenly after it', () => {
    const pacer = constantRate(4);
    expect([0, 1, 2, 3, 4].map((index) => pacer.dueMs(index))).toEqual([0, 250, 500, 750, 1000]);
    expect([-1, 0, 249.9, 250, 1000].map((ms) => pacer.dueCount(ms))).toEqual([0, 1, 1, 2, 5]);
  });

  it('counts exactly the requests whose time has come, at any rate and any time', () => {
    fc.assert(
      fc.property(rates, fc.double({ min: 0, max: 3.6e6, noNaN: true }), (rate, elapsedMs) => {
        const pacer = constantRate(rate);
        const count = pacer.dueCount(elapsedMs);
        expect(pacer.dueMs(count - 1)).toBeLessThanOrEqual(elapsedMs);
        expect(pacer.dueMs(count)).toBeGreaterThan(elapsedMs);
      }),
    );
  });

  it('does not drift: after an hour at 3 a second, 10,800 requests and the next on time', () => {
    expect(constantRate(3).dueMs(10_800)).toBe(3_600_000);
  });

  it.each([0, -1, NaN, Infinity])('refuses a rate of %d', (rate) => {
    expect(() => constantRate(rate)).toThrow('expected requests per second above 0');
  });
});
