import { describe, expect, it } from 'vitest';
import { nextRate } from '../../src/experiment/bisection.ts';
import type { Gap } from '../../src/result/knee.ts';

/** Searches a server whose knee is known. */
function search(knee: number, first: number): { found: number; steps: number } {
  let gap: Gap = { low: 0, high: Number.POSITIVE_INFINITY };
  let steps = 0;
  for (let rate: number | null = first; rate !== null; steps += 1) {
    gap = rate <= knee ? { ...gap, low: rate } : { ...gap, high: rate };
    rate = nextRate(gap, rate);
    if (steps > 60) throw new Error('no end');
  }
  return { found: gap.low, steps };
}

describe('the search for the knee', () => {
  it.each([
    [1000, 250],
    [1000, 4000],
    [37_000, 10],
    [12, 4],
    [1, 1],
  ])('finds %i from %i to a twentieth, never above it', (knee, first) => {
    const { found } = search(knee, first);
    expect(found).toBeLessThanOrEqual(knee);
    expect(found).toBeGreaterThanOrEqual(Math.floor(knee * 0.94));
  });

  it('takes few steps when it begins near', () => {
    expect(search(1000, 250).steps).toBeLessThanOrEqual(9);
  });

  it('is content with less when less is asked', () => {
    expect(nextRate({ low: 900, high: 1000 }, 1000, 0.2)).toBeNull();
    expect(nextRate({ low: 900, high: 1000 }, 1000)).toBe(950);
  });

  it('ends at nothing when nothing is served', () => {
    expect(search(0, 500).found).toBe(0);
  });
});
