// Effects and shares recover what was put in, and the parts sum to the total.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { factorialEffects, shapleyShares } from '../../src/stats/factorial.ts';
import { seededRandom } from '../../src/stats/random.ts';

const FACTORS = ['hop', 'tls', 'request-log', 'firewall'];

/** 100 + 20 hop + 50 tls + 5 log, and 12 more where hop and tls meet. */
const model = (cell: number): number => {
  const on = (index: number): number => (cell >> index) & 1;
  return 100 + 20 * on(0) + 50 * on(1) + 5 * on(2) + 12 * on(0) * on(1);
};
const blocksOf = (count: number, noise: number): number[][] => {
  const random = seededRandom(1);
  return Array.from({ length: count }, () =>
    Array.from({ length: 16 }, (_, cell) => model(cell) + noise * random.normal()),
  );
};

describe('factorial effects', () => {
  it('are exact without noise: a main effect carries half of its interactions', () => {
    const effects = new Map(
      factorialEffects(FACTORS, blocksOf(2, 0)).map(({ name, cpuMicrosPerRequest }) => [
        name,
        cpuMicrosPerRequest.estimate,
      ]),
    );
    expect(effects.get('hop')).toBeCloseTo(26, 9);
    expect(effects.get('tls')).toBeCloseTo(56, 9);
    expect(effects.get('request-log')).toBeCloseTo(5, 9);
    expect(effects.get('firewall')).toBeCloseTo(0, 9);
    expect(effects.get('hop × tls')).toBeCloseTo(6, 9);
    expect(effects.size).toBe(4 + 6);
  });

  it('hold the truth in their intervals under noise, and leave the absent layer alone', () => {
    const [hop, , , firewall] = factorialEffects(FACTORS, blocksOf(6, 5));
    expect(hop?.cpuMicrosPerRequest.low).toBeLessThan(26);
    expect(hop?.cpuMicrosPerRequest.high).toBeGreaterThan(26);
    expect(hop?.p).toBeLessThan(0.05);
    expect(firewall?.cpuMicrosPerRequest.low).toBeLessThan(0);
    expect(firewall?.cpuMicrosPerRequest.high).toBeGreaterThan(0);
  });

  it('name the block that is not complete', () => {
    expect(() => factorialEffects(['a'], [[1, 2], [1]])).toThrow('block 1: expected 2 cells, got 1');
  });
});

describe('Shapley shares', () => {
  it('split an interaction evenly between those who make it', () => {
    const shares = shapleyShares(FACTORS, blocksOf(2, 0));
    const estimates = shares.map(({ cpuMicrosPerRequest }) => cpuMicrosPerRequest.estimate);
    for (const [index, expected] of [26, 56, 5, 0].entries()) {
      expect(estimates[index]).toBeCloseTo(expected, 9);
    }
    expect(shares[1]?.share.estimate).toBeCloseTo(56 / 87, 9);
  });

  it('are none when the layers together cost nothing', () => {
    const [block = []] = blocksOf(1, 0);
    const flat = block.map(() => 7);
    expect(shapleyShares(FACTORS, [flat, flat]).map(({ share }) => share.estimate)).toEqual([0, 0, 0, 0]);
  });

  it('sum to the whole, whatever the cells hold', () => {
    const cells = fc.array(fc.double({ min: 0, max: 1e4, noNaN: true }), { minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(fc.array(cells, { minLength: 1, maxLength: 3 }), (blocks) => {
        const parts = shapleyShares(FACTORS, blocks).map((share) => share.cpuMicrosPerRequest.estimate);
        const whole =
          blocks.reduce((sum, block) => sum + (block[15] ?? 0) - (block[0] ?? 0), 0) / blocks.length;
        expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(whole, 6);
      }),
      { numRuns: 20 },
    );
  });

  it('agree with the average over all orders in which layers could be added', () => {
    const [block = []] = blocksOf(1, 5);
    const orders = permutations([0, 1, 2, 3]);
    const byOrders = FACTORS.map(
      (_, index) =>
        orders.reduce((sum, order) => {
          const before = order.slice(0, order.indexOf(index)).reduce((set, member) => set | (1 << member), 0);
          return sum + (block[before | (1 << index)] ?? NaN) - (block[before] ?? NaN);
        }, 0) / orders.length,
    );
    const shares = shapleyShares(FACTORS, [block]).map((share) => share.cpuMicrosPerRequest.estimate);
    for (const [index, expected] of byOrders.entries()) expect(shares[index]).toBeCloseTo(expected, 9);
  });
});

function permutations(items: readonly number[]): number[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item) =>
    permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]),
  );
}
