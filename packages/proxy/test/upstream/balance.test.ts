// Whose turn it is: by weight, by load, by key. Spread and disruption of the hash are what its decision note says.
import { describe, expect, it } from 'vitest';
import { groupOf, memberNamed, seek, turns } from '../support/group.ts';

const countsOf = (names: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
};

describe('round robin', () => {
  it('goes round', () => {
    expect(turns(groupOf([{}, {}, {}]).group, 6).join('')).toBe('abcabc');
  });

  it('gives each server its weight, and no long runs to the heaviest', () => {
    const { group } = groupOf([{ weight: 5 }, { weight: 1 }, { weight: 1 }]);
    expect(turns(group, 14).join('')).toBe('aabacaaaabacaa');
  });
});

describe('least connections', () => {
  it('asks whoever has the least to do for its weight, and takes turns when all are level', () => {
    const { group } = groupOf([{ weight: 2 }, {}], { balance: { kind: 'least-connections' } });
    const seekers = Array.from({ length: 6 }, () => seek(group));
    expect(countsOf(seekers.map(({ outcome }) => outcome))).toEqual({ a: 4, b: 2 });
    group.leave(memberNamed(group, 'b'));
    group.leave(memberNamed(group, 'b'));
    expect([seek(group), seek(group)].map(({ outcome }) => outcome)).toEqual(['b', 'b']);
    const level = groupOf([{}, {}], { balance: { kind: 'least-connections' } }).group;
    expect(turns(level, 4).join('')).toBe('abab');
  });
});

describe('hash', () => {
  const balance = { kind: 'hash', by: { from: 'address' } } as const;
  const KEYS = Array.from({ length: 20_000 }, (_, at) => `192.0.2.${at % 256}-${at}`);
  const placesOf = (group: ReturnType<typeof groupOf>['group']): string[] =>
    KEYS.map((key) => turns(group, 1, key)[0] ?? '');

  it('keeps a key with its server, and spreads keys by weight', () => {
    const { group } = groupOf([{ weight: 2 }, {}, {}], { balance });
    const places = placesOf(group);
    expect(placesOf(group)).toEqual(places);
    const { a = 0, b = 0, c = 0 } = countsOf(places);
    expect(Math.abs(a / KEYS.length - 0.5)).toBeLessThan(0.02);
    expect(Math.abs(b / KEYS.length - 0.25)).toBeLessThan(0.02);
    expect(Math.abs(c / KEYS.length - 0.25)).toBeLessThan(0.02);
  });

  it('moves only the keys of a server that goes, to all others, and gives them back when it returns', () => {
    const { group } = groupOf([{}, {}, {}, {}], { balance });
    const before = placesOf(group);
    const b = memberNamed(group, 'b');
    for (let count = 0; count < 3; count++) group.failed(b);
    const without = placesOf(group);
    expect(before.filter((name, at) => name !== 'b' && name !== without[at])).toEqual([]);
    const moved = countsOf(without.filter((_, at) => before[at] === 'b'));
    expect(Object.keys(moved).sort()).toEqual(['a', 'c', 'd']);
    group.answered(b, 200);
    expect(placesOf(group)).toEqual(before);
  });

  it('a new server takes keys from all others, and no key moves between those', () => {
    const before = placesOf(groupOf([{}, {}, {}], { balance }).group);
    const after = placesOf(groupOf([{}, {}, {}, {}], { balance }).group);
    const moved = KEYS.filter((_, at) => before[at] !== after[at]);
    expect(after.filter((name, at) => name !== before[at] && name !== 'd')).toEqual([]);
    expect(Math.abs(moved.length / KEYS.length - 0.25)).toBeLessThan(0.02);
  });

  it('takes turns for requests that have no key', () => {
    expect(turns(groupOf([{}, {}], { balance }).group, 4).join('')).toBe('abab');
  });

  it('asks the next server for the key when the first has no room', () => {
    const { group } = groupOf([{ maxConnections: 1 }, { maxConnections: 1 }], { balance });
    const outcomes = [seek(group, 'x'), seek(group, 'x'), seek(group, 'x')].map(({ outcome }) => outcome);
    expect(outcomes.slice(0, 2).sort()).toEqual(['a', 'b']);
    expect(outcomes[2]).toBe('waits');
  });
});
