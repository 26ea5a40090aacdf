import { describe, expect, it } from 'vitest';
import { type Alarm, Guard, type Guarded, type GuardReading, readGuard } from '../../src/index.ts';
import { files } from '../support/healthy.ts';
import { stage } from '../support/stage.ts';

const table = (second: number, entries: number): GuardReading => ({
  atMs: second * 1000,
  conntrack: { entries, max: 8192 },
  acceptQueue: undefined,
});

const guarded = (port: number, backlog = 511): Guarded => ({ ports: new Set([port]), backlog });

/** A look a second. */
const follow = (entries: readonly number[]): readonly Alarm[] => {
  const guard = new Guard();
  return entries.flatMap((count, second) => guard.judge(table(second, count)));
};

describe('the guard', () => {
  it('speaks once at 75 % and once at 90 %, with the seconds that are left', () => {
    const alarms = follow([0, 1000, 2000, 3000, 4000, 5000, 6000, 6200, 6400, 6600, 7000, 7400, 7600, 8000]);
    expect(alarms.map(({ level, secondsLeft }) => [level, secondsLeft])).toEqual([
      [75, 2],
      [90, 3],
    ]);
    expect(alarms[0]?.text).toMatch(/^6200 of 8192 entries .* full in 2 s at this rate/);
  });

  it('is silent while a load stays at a level, and says when it is over', () => {
    const alarms = follow([6200, 6100, 6200, 6100, 6200, 5000, 5200, 6200]);
    expect(alarms.map(({ level }) => level)).toEqual([75, 0, 75]);
    expect(alarms[1]?.text).toBe('the connection table is at 5000 of 8192 entries again');
  });

  it('predicts nothing for a table that does not fill', () => {
    expect(follow([7000, 6990, 6980]).map(({ secondsLeft }) => secondsLeft)).toEqual([undefined]);
  });

  it('keeps at hand what it has warned at, and when the table is full', () => {
    const guard = new Guard();
    expect(guard.outlook).toEqual({ conntrackLevel: 0, acceptQueueLevel: 0, secondsToFull: undefined });
    for (const [second, entries] of [5000, 6000, 7000].entries()) guard.judge(table(second, entries));
    expect(guard.outlook).toEqual({ conntrackLevel: 75, acceptQueueLevel: 0, secondsToFull: 1 });
    for (const second of [3, 4, 5, 6, 7, 8, 9]) guard.judge(table(second, 5000));
    expect(guard.outlook).toEqual({ conntrackLevel: 0, acceptQueueLevel: 0, secondsToFull: undefined });
  });

  it('tells of connections that wait to be accepted', () => {
    const queue = (waiting: number): GuardReading => ({
      atMs: 0,
      conntrack: undefined,
      acceptQueue: { port: 443, waiting, limit: 511 },
    });
    const guard = new Guard();
    expect(
      [10, 400, 511, 3].flatMap((waiting) => guard.judge(queue(waiting))).map(({ level }) => level),
    ).toEqual([75, 90, 0]);
  });

  it('looks at the ports it guards and at no other', () => {
    const root = stage(files({ acceptQueue: 300, listeningOn: 443, entries: 12, max: 8192 }));
    expect(readGuard(root, guarded(443))).toMatchObject({
      conntrack: { entries: 12, max: 8192 },
      acceptQueue: { port: 443, waiting: 300, limit: 511 },
    });
    expect(readGuard(root, guarded(80)).acceptQueue).toBeUndefined();
  });

  it('takes a queue to be as long as its process asked for, where the kernel allows it', () => {
    const limitOf = (somaxconn: number): number | undefined =>
      readGuard(stage(files({ acceptQueue: 460, somaxconn })), guarded(443, 4096)).acceptQueue?.limit;
    expect(limitOf(8192)).toBe(4096);
    expect(limitOf(1024)).toBe(1024);
  });

  it('on a machine that tracks nothing has nothing to say', () => {
    const reading = readGuard(stage({}), guarded(443));
    expect(reading.conntrack).toBeUndefined();
    expect(new Guard().judge(reading)).toEqual([]);
  });
});
