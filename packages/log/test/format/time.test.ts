import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { combinedTime, isoTime } from '../../src/format/time.ts';

const anyTime = fc.integer({ min: 0, max: Date.UTC(2100, 0) });

describe('times', () => {
  it('agree with toISOString in whatever order seconds come', () => {
    const text = isoTime();
    fc.assert(fc.property(anyTime, (timeMs) => text(timeMs) === new Date(timeMs).toISOString()));
  });

  it('cut fractions of a millisecond off', () => {
    expect(isoTime()(999.9)).toBe('1970-01-01T00:00:00.999Z');
  });

  it('have the form of the combined format, in UTC', () => {
    expect(combinedTime()(Date.UTC(2026, 0, 2, 3, 4, 5, 678))).toBe('02/Jan/2026:03:04:05 +0000');
  });
});
