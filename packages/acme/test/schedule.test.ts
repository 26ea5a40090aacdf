import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renewalTime, retryDelayMs } from '../src/schedule.ts';

const DAY_MS = 86_400_000;
const lifetime = fc.record({
  notBefore: fc.integer({ min: 0, max: 4e12 }),
  lifetimeMs: fc.integer({ min: 1000, max: 400 * DAY_MS }),
  fraction: fc.double({ min: 0, max: 0.999_999, noNaN: true }),
});

describe('a renewal', () => {
  it('without advice comes when a third of the lifetime is left, or up to a thirtieth earlier', () => {
    fc.assert(
      fc.property(lifetime, ({ notBefore, lifetimeMs, fraction }) => {
        const notAfter = notBefore + lifetimeMs;
        const left = (notAfter - renewalTime({ notBefore, notAfter, fraction }, undefined)) / lifetimeMs;
        expect(left).toBeGreaterThan(0.333);
        expect(left).toBeLessThan(0.367);
      }),
    );
  });

  it('with advice comes within its window, and never so late that there is no time for a failure', () => {
    fc.assert(
      fc.property(
        lifetime,
        fc.nat(4e12),
        fc.nat(DAY_MS),
        ({ notBefore, lifetimeMs, fraction }, start, length) => {
          const notAfter = notBefore + lifetimeMs;
          const time = renewalTime({ notBefore, notAfter, fraction }, { start, end: start + length });
          expect(time).toBeLessThanOrEqual(start + length);
          expect(time).toBeLessThanOrEqual(notAfter - lifetimeMs / 10);
          expect(time).toBeGreaterThanOrEqual(Math.min(start, notAfter - lifetimeMs / 10));
        },
      ),
    );
  });
});

describe('after failures', () => {
  it('five tries fall into the first hour, and there are some a day for ever', () => {
    const tries = [0];
    for (let failures = 1; failures <= 20; failures += 1)
      tries.push((tries.at(-1) ?? 0) + retryDelayMs(failures, 0));
    expect(tries.filter((at) => at < 3_600_000).length).toBeLessThanOrEqual(5);
    expect(retryDelayMs(1000, 1)).toBe(5 * 3_600_000);
    expect(retryDelayMs(1, 0.5)).toBe(60_000);
  });
});
