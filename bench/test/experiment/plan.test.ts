import { describe, expect, it } from 'vitest';
import { chartLine } from '../../src/experiment/chart.ts';
import { failedGates, type GateFacts } from '../../src/experiment/gates.ts';
import { NOISE, quickLadder } from '../../src/experiment/ladder.ts';
import { abba, completeBlocks } from '../../src/experiment/order.ts';
import { chosenWorks } from '../../src/experiment/works.ts';
import { seededRandom } from '../../src/stats/random.ts';

describe('the order of measuring', () => {
  it('is A B B A or B A A B, so that a linear drift cancels out', () => {
    const blocks = abba(200, seededRandom(1)).map((block) => block.join(''));
    expect(new Set(blocks)).toEqual(new Set(['abba', 'baab']));
  });

  it('holds every cell once a block, in orders that differ', () => {
    const blocks = completeBlocks([1, 2, 3, 4, 5], 20, seededRandom(2));
    for (const block of blocks) expect([...block].sort()).toEqual([1, 2, 3, 4, 5]);
    expect(new Set(blocks.map((block) => block.join(''))).size).toBeGreaterThan(5);
  });

  it('can be repeated from its seed', () => {
    expect(completeBlocks([1, 2, 3], 9, seededRandom(7))).toEqual(
      completeBlocks([1, 2, 3], 9, seededRandom(7)),
    );
  });
});

describe('the ladder', () => {
  it('names its layers as the result promises', () => {
    for (const { layer } of quickLadder(true)) expect(layer).toMatch(/^(hop|tls|request-log|firewall)/);
  });

  it('has nothing without root that needs a namespace', () => {
    for (const { from, to } of quickLadder(false)) {
      expect([from.firewall, to.firewall]).toEqual(['none', 'none']);
      expect([from.journal, to.journal]).toEqual([false, false]);
    }
  });

  it('measures the same thing against itself first', () => {
    expect(NOISE.from).toEqual({ ...NOISE.to, subject: NOISE.from.subject });
  });

  it('changes one layer at a time', () => {
    const firewalls = quickLadder(true).filter(({ layer }) => layer.startsWith('firewall'));
    expect(firewalls.map(({ to }) => to.firewall)).toEqual(
      expect.arrayContaining(['stateless', 'stateful', 'story', 'notrack']),
    );
    for (const { from, to } of firewalls) expect(to.name.startsWith(from.name)).toBe(true);
  });
});

describe('the gates', () => {
  const fine: GateFacts = {
    elapsedMicros: 1e6,
    stealMicros: 0,
    foreignMicros: 0,
    generatorMicros: 3e5,
    offered: 1000,
    good: 1000,
    blocked: 0,
    openLoop: true,
    halves: [0.5, 0.51],
  };

  it('let a quiet window pass', () => {
    expect(failedGates(fine)).toEqual([]);
  });

  it.each([
    ['steal', { stealMicros: 3e4 }],
    ['foreign-cpu', { foreignMicros: 6e4 }],
    ['generator-busy', { generatorMicros: 9e5 }],
    ['blocked', { blocked: 20 }],
    ['not-achieved', { good: 980 }],
    ['drift', { halves: [0.4, 0.6] }],
  ] as const)('name %s', (gate, change) => {
    expect(failedGates({ ...fine, ...change })).toEqual([gate]);
  });

  it('do not blame a closed loop for driving as hard as it can', () => {
    expect(failedGates({ ...fine, openLoop: false, generatorMicros: 1e6, blocked: 5 })).toEqual([]);
  });

  it('take foreign time that cannot be told as none', () => {
    expect(failedGates({ ...fine, foreignMicros: null })).toEqual([]);
  });
});

describe('the chosen works', () => {
  it('are all without --only', () => {
    expect(chosenWorks([]).length).toBeGreaterThan(5);
  });

  it('keep the baseline beside a chosen subject', () => {
    for (const work of chosenWorks(['wire'])) {
      expect(work.subjects.map(({ name }) => name)).toEqual([work.baseline, 'tollgate wire']);
    }
  });

  it('are one work by its name', () => {
    expect(chosenWorks(['whole stack']).map(({ name }) => name)).toEqual([
      'whole stack, keep-alive',
      'whole stack, new connection',
    ]);
  });

  it('refuse a word that nothing has, saying what there is', () => {
    expect(() => chosenWorks(['apache'])).toThrow(/expected words of a work .*hop, keep-alive.*got apache/);
  });
});

describe('a second as a line', () => {
  const second = { atMs: 12_000, good: 300, attempts: 600, errors: 300, p50Ms: 2.34, p99Ms: 1234.5 };

  it('shows goodput, what came to nothing, and fits 100 columns', () => {
    const line = chartLine({ ...second, good: 99_999, attempts: 199_999, errors: 99_999 }, 199_999, {
      count: 8192,
      max: 8192,
    });
    expect(line.length).toBeLessThanOrEqual(100);
    expect(line).toContain('█'.repeat(15) + '░'.repeat(15));
  });

  it('says - where there is no percentile', () => {
    expect(chartLine({ ...second, p50Ms: null, p99Ms: null }, 600, null)).toContain('p50 -');
  });
});
