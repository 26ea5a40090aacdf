import { describe, expect, it } from 'vitest';
import { isTraceparent, newTraceparent, traceIdOf } from '../../src/headers/traceparent.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

describe('traceparent', () => {
  it.each([`00-${TRACE}-${PARENT}-01`, `00-${TRACE}-${PARENT}-00`, `cc-${TRACE}-${PARENT}-01-what-comes`])(
    'is %s',
    (text) => {
      expect(isTraceparent(text)).toBe(true);
    },
  );

  it.each([
    '',
    `ff-${TRACE}-${PARENT}-01`,
    `00-${TRACE}-${PARENT}-01-more`,
    `cc-${TRACE}-${PARENT}-01more`,
    `00-${TRACE.toUpperCase()}-${PARENT}-01`,
    `00-${'0'.repeat(32)}-${PARENT}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE}-${PARENT}-1`,
    ` 00-${TRACE}-${PARENT}-01`,
    `00-${TRACE}-${PARENT}-01, 00-${TRACE}-${PARENT}-01`,
  ])('is not %j', (text) => {
    expect(isTraceparent(text)).toBe(false);
  });

  it('begins anew, valid and never the same', () => {
    const [a, b] = [newTraceparent(), newTraceparent()];
    expect(isTraceparent(a)).toBe(true);
    expect(traceIdOf(a)).toMatch(/^[0-9a-f]{32}$/);
    expect(a).not.toBe(b);
  });
});
