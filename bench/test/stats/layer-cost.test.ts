// "Not distinguishable": never a number that the pairs cannot support.
import { describe, expect, it } from 'vitest';
import { floorAt, layerCost, noiseFloor, noiseFloorOf, pairsNeeded } from '../../src/stats/layer-cost.ts';
import type { Pair } from '../../src/stats/paired.ts';
import { seededRandom } from '../../src/stats/random.ts';

const pairsOf = (count: number, effect: number, seed: number): Pair[] => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    // The machine's speed moves by a third between pairs; inside one it moves little.
    const speed = 1 + random.next() / 3;
    return {
      from: 100 * speed + random.normal(),
      to: (100 + effect) * speed + random.normal(),
    };
  });
};

describe('layer cost', () => {
  const floor = noiseFloor(pairsOf(6, 0, 1));

  it('tells a layer of 20 microseconds on top of 100, with the truth inside the interval', () => {
    const cost = layerCost(pairsOf(6, 20, 2), floor.cpuMicrosPerRequest);
    expect(cost.distinguishable).toBe(true);
    expect(cost.pairsNeeded).toBeNull();
    // 20 at full speed, a sixth more on average.
    expect(cost.cpuMicrosPerRequest.low).toBeLessThan(20 * (1 + 1 / 6));
    expect(cost.cpuMicrosPerRequest.high).toBeGreaterThan(20 * (1 + 1 / 6));
  });

  it('knows from several comparisons that processes of one program differ, which pairs of one cannot tell', () => {
    const random = seededRandom(7);
    const comparison = (): Pair[] => {
      const processes = 1 + 0.03 * random.normal();
      return pairsOf(6, 0, random.below(1e6)).map(({ from, to }) => ({ from, to: to * processes }));
    };
    const floor = noiseFloorOf(Array.from({ length: 4 }, comparison));
    const told = Array.from({ length: 100 }, comparison).filter(
      (pairs) => layerCost(pairs, floorAt(floor, 115)).distinguishable,
    );
    expect(told.length).toBeLessThanOrEqual(10);
    const single = noiseFloor(pairsOf(6, 0, 1));
    expect(floor.ratio).toBeGreaterThan(single.ratio);
  });

  it('calls at most one of ten A/A comparisons distinguishable', () => {
    const told = Array.from({ length: 10 }, (_, i) => layerCost(pairsOf(6, 0, 100 + i), 0)).filter(
      (cost) => cost.distinguishable,
    );
    expect(told.length).toBeLessThanOrEqual(1);
  });

  it('is not distinguishable below the floor, however narrow the interval', () => {
    const cost = layerCost(pairsOf(8, 20, 4), 1000);
    expect(cost.distinguishable).toBe(false);
    expect(cost.cpuMicrosPerRequest.low).toBeGreaterThan(0);
  });

  it('says how many pairs would do, and with that many it does', () => {
    const few = pairsOf(4, 1, 6);
    const needed = pairsNeeded(few, 0);
    expect(needed).toBeGreaterThan(4);
    const again = layerCost(pairsOf((needed ?? 0) * 2, 1, 7), 0);
    expect(again.distinguishable).toBe(true);
  });

  it('names no number when nothing moved or when thousands would be needed', () => {
    expect(pairsNeeded([{ from: 1, to: 1 }], 0)).toBeNull();
    expect(pairsNeeded(pairsOf(6, 20, 3), 1e9)).toBeNull();
  });

  it('scales the floor with what it lies under', () => {
    expect(floorAt({ cpuMicrosPerRequest: 2, ratio: 0.02 }, 700)).toBe(14);
  });
});
