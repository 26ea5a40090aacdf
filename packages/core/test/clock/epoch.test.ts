import { afterEach, describe, expect, it, vi } from 'vitest';
import { epochMicros } from '../../src/clock/epoch.ts';

afterEach(() => vi.restoreAllMocks());

describe('the epoch clock', () => {
  it('agrees with the time of day within its drift', () => {
    expect(Math.abs(epochMicros() / 1000 - Date.now())).toBeLessThan(10);
  });

  it('never runs backwards while the time of day stands', () => {
    const first = epochMicros();
    expect(epochMicros()).toBeGreaterThanOrEqual(first);
  });

  it('follows the time of day when that is set anew', () => {
    const set = Date.now() + 60_000;
    vi.spyOn(Date, 'now').mockReturnValue(set);
    expect(Math.abs(epochMicros() / 1000 - set)).toBeLessThan(5);
  });
});
