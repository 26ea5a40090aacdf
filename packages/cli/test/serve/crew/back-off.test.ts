import { describe, expect, it } from 'vitest';
import { BackOff } from '../../../src/serve/crew/back-off.ts';

describe('the place of a dead worker', () => {
  it('is filled at once the first time, later each time it dies young, but within half a minute', () => {
    const backOff = new BackOff();
    const delays = Array.from({ length: 12 }, () => backOff.afterDeath(10));
    expect(delays.slice(0, 5)).toEqual([0, 100, 200, 400, 800]);
    expect(delays.at(-1)).toBe(30_000);
  });

  it('is filled at once again after a worker that lived long', () => {
    const backOff = new BackOff();
    for (let death = 0; death < 8; death += 1) backOff.afterDeath(10);
    expect(backOff.afterDeath(3_600_000)).toBe(0);
  });
});
