// Who is in use, who is left alone for how long, and who is asked instead; on a clock of the test's own.
import { describe, expect, it } from 'vitest';
import { groupOf, memberNamed, seek, turns } from '../support/group.ts';

describe('upstream group', () => {
  it('leaves a server alone after three failures in a row, for its window, and says so once', () => {
    const { group, clock, changes } = groupOf([{}, {}]);
    const a = memberNamed(group, 'a');
    for (let count = 0; count < 5; count++) group.failed(a, new Error('refused'));
    expect(turns(group, 3)).toEqual(['b', 'b', 'b']);
    expect(group.status()).toMatchObject([
      { marked: true, state: 'marked', fails: 5, failures: 5 },
      { marked: false, state: 'up', requests: 3 },
    ]);
    clock.ms = 10_001;
    expect(new Set(turns(group, 2))).toEqual(new Set(['a', 'b']));
    group.answered(a, 200);
    expect(changes).toEqual(['a marked', 'a back']);
  });

  it('after the window asks a marked server once a second, until it answers', () => {
    const { group, clock } = groupOf([{}, {}]);
    const a = memberNamed(group, 'a');
    for (let count = 0; count < 3; count++) group.failed(a);
    clock.ms = 10_000;
    expect(group.status()).toMatchObject([{ state: 'trial' }, {}]);
    const first = turns(group, 20);
    expect(first.filter((name) => name === 'a')).toHaveLength(1);
    clock.ms = 11_000;
    expect(turns(group, 20).filter((name) => name === 'a')).toHaveLength(1);
    group.answered(a, 500);
    expect(turns(group, 20).filter((name) => name === 'a')).toHaveLength(10);
  });

  it('forgets failures that were not in a row', () => {
    const { group } = groupOf([{}, {}]);
    const a = memberNamed(group, 'a');
    for (let count = 0; count < 5; count++) {
      group.failed(a);
      group.failed(a);
      group.answered(a, 404);
    }
    expect(group.status()).toMatchObject([{ marked: false, fails: 0 }, {}]);
  });

  it('lets one request a second through to find out, while all are marked', () => {
    const { group, clock } = groupOf([{}, {}]);
    clock.ms = 5000;
    for (const name of ['a', 'b'])
      for (let count = 0; count < 3; count++) group.failed(memberNamed(group, name));
    expect(turns(group, 3)).toEqual(['a', 'upstream-refused', 'upstream-refused']);
    clock.ms = 6000;
    expect(turns(group, 2)).toEqual(['a', 'upstream-refused']);
    group.answered(memberNamed(group, 'a'), 200);
    expect(turns(group, 2)).toEqual(['a', 'a']);
  });

  it('asks the only server however often it has failed: three bad answers do not refuse everybody else', () => {
    const { group } = groupOf([{}]);
    for (let count = 0; count < 5; count++) group.failed(memberNamed(group, 'a'));
    expect(turns(group, 3)).toEqual(['a', 'a', 'a']);
    expect(group.status()).toMatchObject([{ marked: true }]);
  });

  it('gives another than those that have failed a request, unless there is no other', () => {
    const { group } = groupOf([{}, {}, {}]);
    const [a, b, c] = ['a', 'b', 'c'].map((name) => memberNamed(group, name));
    if (a === undefined || b === undefined || c === undefined) throw new Error('expected three');
    expect(seek(group, '', [a, c]).outcome).toBe('b');
    expect(seek(group, '', [c, b]).outcome).toBe('a');
    expect(seek(group, '', [a, b, c]).outcome).toBe('a');
  });

  it('asks a backup only while every other server is out of use', () => {
    const { group, clock } = groupOf([{}, { backup: true }, {}]);
    expect(turns(group, 4)).toEqual(['a', 'c', 'a', 'c']);
    for (const name of ['a', 'c'])
      for (let count = 0; count < 3; count++) group.failed(memberNamed(group, name));
    expect(turns(group, 3)).toEqual(['b', 'b', 'b']);
    clock.ms = 10_000;
    group.answered(memberNamed(group, 'c'), 200);
    expect(turns(group, 4)).toContain('c');
    expect(turns(group, 4)).not.toContain('b');
  });

  it('asks a backup for a request that every other server has failed', () => {
    const { group } = groupOf([{}, { backup: true }]);
    expect(seek(group, '', [memberNamed(group, 'a')]).outcome).toBe('b');
  });
});

describe('slow start', () => {
  it('gives a server that is back a growing share', () => {
    const { group, clock } = groupOf([{}, {}], { slowStartMs: 10_000 });
    const a = memberNamed(group, 'a');
    clock.ms = 1;
    const shareOfA = (): number => turns(group, 1000).filter((name) => name === 'a').length;
    expect(shareOfA()).toBe(500);
    for (let count = 0; count < 3; count++) group.failed(a);
    clock.ms = 20_000;
    group.answered(a, 200);
    const shares = [0, 2500, 5000, 10_000].map((elapsedMs) => {
      clock.ms = 20_000 + elapsedMs;
      return shareOfA();
    });
    // Of weights 0.05, 0.25, 0.5 and 1 against 1.
    const expected = [48, 200, 333, 500];
    for (const [at, share] of shares.entries()) expect(Math.abs(share - (expected[at] ?? 0))).toBeLessThan(3);
  });
});

describe('breaker', () => {
  const breaker = { share: 0.5, overMs: 10_000, least: 10 };

  it('leaves a server alone whose answers are mostly errors, though it never fails three times in a row', () => {
    const { group, changes } = groupOf([{}, {}], { breaker });
    const a = memberNamed(group, 'a');
    for (let count = 0; count < 5; count++) {
      group.answered(a, 200);
      expect(changes).toEqual([]);
      group.answered(a, 503);
    }
    expect(changes).toEqual(['a marked']);
    expect(turns(group, 3)).toEqual(['b', 'b', 'b']);
  });

  it('concludes nothing from few answers, from errors long ago, or from those of the client', () => {
    const { group, clock, changes } = groupOf([{}, {}], { breaker });
    const a = memberNamed(group, 'a');
    for (let count = 0; count < 9; count++) group.answered(a, 500);
    clock.ms = 11_000;
    for (let count = 0; count < 9; count++) group.answered(a, 500);
    clock.ms = 22_000;
    for (let count = 0; count < 30; count++) group.answered(a, 404);
    expect(changes).toEqual([]);
  });

  it('is not talked out of it by what was under way, but by a trial that goes well', () => {
    const { group, clock, changes } = groupOf([{}, {}], { breaker });
    const a = memberNamed(group, 'a');
    clock.ms = 1000;
    for (let count = 0; count < 10; count++) group.answered(a, 500);
    group.answered(a, 200);
    expect(changes).toEqual(['a marked']);
    clock.ms = 11_000;
    expect(turns(group, 4)).toContain('a');
    group.answered(a, 500);
    expect(turns(group, 4)).toEqual(['b', 'b', 'b', 'b']);
    clock.ms = 21_000;
    expect(turns(group, 4)).toContain('a');
    group.answered(a, 200);
    expect(changes).toEqual(['a marked', 'a back']);
    expect(group.status()).toMatchObject([{ trips: 1 }, { trips: 0 }]);
    for (let count = 0; count < 10; count++) group.answered(a, 500);
    expect(group.status()).toMatchObject([{ trips: 2 }, {}]);
  });

  it('is not closed by requests that fail after it has tripped', () => {
    const { group, changes } = groupOf([{}], { breaker });
    const a = memberNamed(group, 'a');
    for (let count = 0; count < 10; count++) group.answered(a, 500);
    for (let count = 0; count < 3; count++) group.failed(a);
    group.answered(a, 500);
    expect(changes).toEqual(['a marked']);
    expect(group.status()).toMatchObject([{ marked: true, trips: 1 }]);
  });

  it('counts no trip where a server is left alone for failures in a row', () => {
    const { group } = groupOf([{}, {}], { breaker });
    for (let count = 0; count < 3; count++) group.failed(memberNamed(group, 'a'));
    expect(group.status()).toMatchObject([{ marked: true, trips: 0 }, {}]);
  });
});

describe('retry budget', () => {
  it('lets a share of all requests be asked again, and ten in ten seconds in any case', () => {
    const { group, clock } = groupOf([{}, {}], { retries: { attempts: 1, budget: 0.1 } });
    turns(group, 100);
    const granted = Array.from({ length: 50 }, () => group.mayRetry(0, false)).filter(Boolean);
    expect(granted).toHaveLength(20);
    expect(group.totals()).toMatchObject({ retries: 20, retriesDenied: 30 });
    expect(group.mayRetry(0, true)).toBe(true);
    clock.ms = 60_000;
    turns(group, 1);
    expect(group.mayRetry(0, false)).toBe(true);
  });

  it('asks no request again more often than it may', () => {
    const { group } = groupOf([{}, {}], { retries: { attempts: 2, budget: 1 } });
    expect([0, 1, 2].map((tried) => group.mayRetry(tried, false))).toEqual([true, true, false]);
    const never = groupOf([{}], { retries: { attempts: 0, budget: 1 } }).group;
    expect(never.mayRetry(0, true)).toBe(false);
  });
});

describe('maxConnections', () => {
  const bounded = (more = {}): ReturnType<typeof groupOf> =>
    groupOf([{ maxConnections: 1 }, { maxConnections: 1 }], { queue: { size: 2, waitMs: 60_000 }, ...more });

  it('gives no server more than it may have, lets some wait in turn and refuses the rest', () => {
    const { group } = bounded();
    const [one, two, three, four, five] = Array.from({ length: 5 }, () => seek(group));
    expect([one, two, three, four, five].map((seeker) => seeker?.outcome)).toEqual([
      'a',
      'b',
      'waits',
      'waits',
      'upstream-busy',
    ]);
    expect(group.totals()).toMatchObject({ waiting: 2, waited: 2, queueFull: 1 });
    group.leave(memberNamed(group, 'b'));
    expect([three?.outcome, four?.outcome]).toEqual(['b', 'waits']);
    if (four !== undefined) group.giveUp(four);
    group.leave(memberNamed(group, 'a'));
    expect(four?.outcome).toBe('waits');
    expect(group.status().map(({ active }) => active)).toEqual([0, 1]);
  });

  it('answers 503 to whoever has waited long enough', async () => {
    const { group } = bounded({ queue: { size: 2, waitMs: 20 } });
    const seekers = Array.from({ length: 4 }, () => seek(group));
    await expect
      .poll(() => seekers.map(({ outcome }) => outcome))
      .toEqual(['a', 'b', 'upstream-busy', 'upstream-busy']);
    expect(group.totals()).toMatchObject({ waiting: 0, queueLate: 2 });
  });

  it('keeps requests waiting for a full server rather than asking its backup', () => {
    const { group } = groupOf([{ maxConnections: 1 }, { backup: true }]);
    seek(group);
    const second = seek(group);
    expect(second.outcome).toBe('waits');
    for (let count = 0; count < 3; count++) group.failed(memberNamed(group, 'a'));
    group.leave(memberNamed(group, 'a'));
    expect(second.outcome).toBe('b');
  });
});
