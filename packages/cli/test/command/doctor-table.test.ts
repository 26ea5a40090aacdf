import type { Check } from '@tollgate/host';
import { expect, it } from 'vitest';
import { tableText, watchLine } from '../../src/command/doctor/table.ts';

const check = (change: Partial<Check>): Check => ({
  id: 'somaxconn',
  status: 'ok',
  value: 4096,
  limit: 1024,
  unit: 'connections',
  meaning: 'accept queues may be up to 4096 long',
  fix: null,
  confidence: 'high',
  ...change,
});

const CLIFF = check({
  id: 'conntrack-cliff',
  status: 'fail',
  value: 9,
  limit: 'never',
  unit: 's',
  meaning: 'the connection table lasts 9 s',
  fix: 'tollgate firewall apply',
});

it('begins with the one line that matters, then puts what is wrong above what is well', () => {
  const text = tableText(
    [check({}), CLIFF, check({ id: 'steal', status: 'unknown', meaning: 'no' })],
    ['a note'],
  );
  expect(text.split('\n').slice(0, 3)).toEqual([
    'First: the connection table lasts 9 s.',
    '  cure: tollgate firewall apply',
    '1 failing, 0 to look at, 1 well, 1 unknown.',
  ]);
  const order = ['conntrack-cliff', 'mend: tollgate', 'steal', 'somaxconn', 'note: a note'].map((word) =>
    text.lastIndexOf(word),
  );
  expect(order).toEqual(order.toSorted((a, b) => a - b));
  expect(text).toContain('[9 s, limit never]');
});

it('says so when nothing is wrong', () => {
  expect(tableText([check({})], [])).toMatch(/^Nothing here will stop the site\. 0 failing/);
});

it('names the bottleneck of a second in one line', () => {
  expect(watchLine('2026-11-23T12:01:07.000Z', CLIFF)).toBe(
    '12:01:07 fail conntrack-cliff: the connection table lasts 9 s',
  );
  expect(watchLine('2026-11-23T12:01:07.000Z', undefined)).toBe('12:01:07 no bottleneck');
});
