// Whose turn it is, and who is left alone for how long; on a clock of the test's own.
import { describe, expect, it } from 'vitest';
import { UpstreamGroup } from '../../src/upstream/group.ts';
import { upstream } from '../support/front.ts';

function groupOf(count: number): { group: UpstreamGroup; clock: { ms: number }; changes: string[] } {
  const clock = { ms: 0 };
  const changes: string[] = [];
  const target = upstream(Array.from({ length: count }, (_, at) => `http://127.0.0.1:${3000 + at}`));
  if (target.kind !== 'upstream') throw new Error('expected an upstream');
  const group = new UpstreamGroup(
    target.upstream,
    {
      failed: () => undefined,
      marked: ({ text }) => changes.push(`${text} marked`),
      back: ({ text }) => changes.push(`${text} back`),
    },
    () => clock.ms,
  );
  return { group, clock, changes };
}

const names = (group: UpstreamGroup, times: number): (string | undefined)[] =>
  Array.from({ length: times }, () => group.pick()?.server.text.slice(-4));

describe('upstream group', () => {
  it('goes round', () => {
    expect(names(groupOf(3).group, 6)).toEqual(['3000', '3001', '3002', '3000', '3001', '3002']);
  });

  it('leaves a server alone after three failures in a row, for its window, and says so once', () => {
    const { group, clock, changes } = groupOf(2);
    const [first] = group.members;
    if (first === undefined) throw new Error('expected a member');
    for (let count = 0; count < 5; count++) group.failed(first, new Error('refused'));
    expect(names(group, 3)).toEqual(['3001', '3001', '3001']);
    expect(group.status()).toMatchObject([{ marked: true, fails: 5 }, { marked: false }]);
    clock.ms = 10_001;
    expect(new Set(names(group, 2))).toEqual(new Set(['3000', '3001']));
    group.succeeded(first);
    expect(changes).toEqual(['http://127.0.0.1:3000 marked', 'http://127.0.0.1:3000 back']);
  });

  it('forgets failures that were not in a row', () => {
    const { group } = groupOf(2);
    const [first] = group.members;
    if (first === undefined) throw new Error('expected a member');
    for (let count = 0; count < 5; count++) {
      group.failed(first);
      group.failed(first);
      group.succeeded(first);
    }
    expect(group.status()).toMatchObject([{ marked: false, fails: 0 }, {}]);
  });

  it('lets one request a second through to find out, while all are marked', () => {
    const { group, clock } = groupOf(1);
    const [only] = group.members;
    if (only === undefined) throw new Error('expected a member');
    clock.ms = 5000;
    for (let count = 0; count < 3; count++) group.failed(only);
    expect(names(group, 3)).toEqual(['3000', undefined, undefined]);
    clock.ms = 6000;
    expect(names(group, 2)).toEqual(['3000', undefined]);
    group.succeeded(only);
    expect(names(group, 2)).toEqual(['3000', '3000']);
  });

  it('gives another than the one that has just failed, unless there is no other', () => {
    const two = groupOf(2).group;
    expect(two.pick(two.members[0])?.server.text).toContain('3001');
    expect(two.pick(two.members[1])?.server.text).toContain('3000');
    const one = groupOf(1).group;
    expect(one.pick(one.members[0])?.server.text).toContain('3000');
  });
});
