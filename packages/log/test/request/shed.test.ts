import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Shedder } from '../../src/request/shed.ts';
import { recordOf } from '../support/record.ts';

const BUSY_MS = 50;
const ordinary = recordOf({ status: 200, durationMs: 3 });

function shedderOf(random: () => number = Math.random): Shedder {
  return new Shedder({ slowMs: 1000, busyDelayMs: BUSY_MS, random });
}

function weighMany(shedder: Shedder, requests: number): number[] {
  return Array.from({ length: requests }, () => shedder.weigh(ordinary));
}

/** A shedder that has just seen a busy second of that many requests. */
function busyAfter(requests: number, random?: () => number): Shedder {
  const shedder = shedderOf(random);
  weighMany(shedder, requests);
  shedder.endSecond(BUSY_MS + 1);
  return shedder;
}

describe('auto', () => {
  it('keeps every line while the event loop is not busy, however many there are', () => {
    const shedder = shedderOf();
    expect(weighMany(shedder, 5000).every((weight) => weight === 1)).toBe(true);
    expect(shedder.endSecond(BUSY_MS)).toEqual({ shed: 0, oneIn: 1 });
  });

  it('keeps about a hundred ordinary lines a second once busy', () => {
    const shedder = busyAfter(10_000);
    const kept = weighMany(shedder, 10_000).filter((weight) => weight > 0).length;
    expect(kept).toBeGreaterThan(50);
    expect(kept).toBeLessThan(200);
    const { shed, oneIn } = shedder.endSecond(BUSY_MS + 1);
    expect(oneIn).toBe(100);
    expect(shed).toBe(10_000 - kept);
  });

  it('sheds nothing of a trickle, busy or not', () => {
    expect(weighMany(busyAfter(60), 60)).toEqual(Array.from({ length: 60 }, () => 1));
  });

  it('never sheds an error or a slow request', () => {
    const shedder = busyAfter(10_000);
    weighMany(shedder, 50);
    const always = [{ status: 400 }, { status: 499 }, { status: 502 }, { durationMs: 1001 }];
    for (const kind of always) expect(shedder.weigh(recordOf(kind))).toBe(1);
  });

  it('gives weights that add up to the requests they stand for', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 200, max: 20_000 }),
        fc.integer({ min: 1, max: 5000 }),
        (before, during) => {
          const shedder = busyAfter(before);
          const weights = weighMany(shedder, during);
          const counted = weights.reduce((sum, weight) => sum + weight, 0);
          const sinceLastKept = weights.length - 1 - weights.findLastIndex((weight) => weight > 0);
          expect(counted + sinceLastKept).toBe(during);
        },
      ),
    );
  });

  it('sees both kinds of traffic that strictly alternates', () => {
    const shedder = busyAfter(10_000);
    const seen = new Set<string>();
    for (let index = 0; index < 20_000; index += 1) {
      const path = index % 2 === 0 ? '/even' : '/odd';
      if (shedder.weigh(recordOf({ path })) > 0) seen.add(path);
    }
    expect([...seen].sort()).toEqual(['/even', '/odd']);
  });

  it('stays busy through one quiet second, and ends after three', () => {
    const shedder = busyAfter(10_000);
    const oneInAfter = (delayMs: number): number => {
      weighMany(shedder, 10_000);
      return shedder.endSecond(delayMs).oneIn;
    };
    expect([1, 1, BUSY_MS + 1, 1, 1].map(oneInAfter)).toEqual([100, 100, 100, 100, 100]);
    expect([1, 1].map(oneInAfter)).toEqual([100, 1]);
    expect(weighMany(shedder, 500).every((weight) => weight === 1)).toBe(true);
  });
});
