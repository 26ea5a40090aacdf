// Cache-Control and dates are read strictly: what is not well-formed never makes an answer fresher.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDirectives } from '../../src/cache/directives.ts';
import { parseHttpDate } from '../../src/cache/httpDate.ts';

const NOW = Date.UTC(2026, 10, 23, 12);

describe('Cache-Control', () => {
  it.each([
    ['max-age=60', 60],
    ['Max-Age=60', 60],
    ['max-age="60"', 60],
    ['max-age=060', 60],
    ['max-age=99999999999999999999', 2 ** 31],
    ['max-age=60, max-age=60', 60],
    ['max-age=60, max-age=61', 0],
    ['max-age=-1', 0],
    ['max-age=1.5', 0],
    ['max-age=a1', 0],
    ['max-age =60', 0],
    ['max-age= 60', 0],
    ["max-age='60'", 0],
    ['max-age', 0],
    ['x="max-age=60"', undefined],
    ['x="\\", max-age=60"', undefined],
    ['x="never closed, max-age=60', undefined],
    ['', undefined],
  ])('%j has max-age %j', (value, seconds) => {
    expect(parseDirectives(value).seconds('max-age')).toBe(seconds);
  });

  it.each(['no-store', 'No-Store', 'no-store=x', 'no-store;x', 'max-age=1 ,, no-store', 'a="b,c", no-store'])(
    '%j forbids to store',
    (value) => {
      expect(parseDirectives(value).has('no-store')).toBe(true);
    },
  );

  it('is never read as fresher than any of its members says', () => {
    const member = fc.oneof(
      fc.nat(5000).map((age) => `max-age=${age}`),
      fc.string({ maxLength: 12 }),
    );
    fc.assert(
      fc.property(fc.array(member, { maxLength: 6 }), (members) => {
        const ages = members.flatMap((text) => /^max-age=(\d+)$/.exec(text)?.[1] ?? []).map(Number);
        const seconds = parseDirectives(members.join(',')).seconds('max-age') ?? 0;
        const agree = new Set(ages).size === 1 && ages[0] === seconds;
        // A quote may take in any number of members.
        expect(seconds === 0 || agree || members.some((text) => text.includes('"'))).toBe(true);
      }),
    );
  });
});

describe('dates', () => {
  it.each(['Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994'])(
    'are read in the form of %s',
    (text) => {
      expect(parseHttpDate(text, NOW)).toBe(784_111_777_000);
    },
  );

  it.each([
    '0',
    '',
    'Sun, 06 Nov 1994 08:49:37 UTC',
    'Sun, 6 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 94 08:49:37 GMT',
    'sun, 06 nov 1994 08:49:37 gmt',
    'Sun, 31 Feb 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 24:49:37 GMT',
    '1994-11-06T08:49:37Z',
  ])('are not read from %j', (text) => {
    expect(parseHttpDate(text, NOW)).toBeUndefined();
  });

  it('of the last century have two digits above 50 years from now', () => {
    expect(new Date(parseHttpDate('Sunday, 06-Nov-77 08:49:37 GMT', NOW) ?? 0).getUTCFullYear()).toBe(1977);
    expect(new Date(parseHttpDate('Friday, 06-Nov-76 08:49:37 GMT', NOW) ?? 0).getUTCFullYear()).toBe(2076);
  });
});
