import { describe, expect, it } from 'vitest';
import { chartLine } from '../../src/experiment/chart.ts';
import { failedGates, type GateFacts } from '../../src/result/gates.ts';
import { NOISE, quickLadder } from '../../src/experiment/ladder.ts';
import { mirrored } from '../../src/experiment/order.ts';
import { chosenWorks } from '../../src/experiment/works.ts';
import type { ErrorPhase } from '../../src/load/spec.ts';
import { seededRandom } from '../../src/stats/random.ts';

describe('the order of measuring', () => {
  const firstBlocks = <T>(items: readonly T[], count: number, seed: number): readonly (readonly T[])[] =>
    mirrored([items], seededRandom(seed)).take(count).toArray();

  it('is A B B A or B A A B for two, so that a linear drift cancels out', () => {
    const blocks = firstBlocks(['a', 'b'], 200, 1);
    const fours = blocks.flatMap((block, index) =>
      index % 2 === 0 ? [[...block, ...(blocks[index + 1] ?? [])].join('')] : [],
    );
    expect(new Set(fours)).toEqual(new Set(['abba', 'baab']));
  });

  it('holds every cell once a block, and turns each order round', () => {
    const blocks = firstBlocks([1, 2, 3, 4, 5], 20, 2);
    for (const block of blocks) expect([...block].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5]);
    for (let index = 0; index < 20; index += 2)
      expect(blocks[index + 1]).toEqual(blocks[index]?.toReversed());
    expect(new Set(blocks.map((block) => block.join(''))).size).toBeGreaterThan(10);
  });

  it('keeps those of one part next to each other', () => {
    const parts = [
      ['a1', 'a2', 'a3'],
      ['b1', 'b2'],
    ];
    for (const block of mirrored(parts, seededRandom(3)).take(20)) {
      const letters = block.map(([letter]) => letter).join('');
      expect(['aaabb', 'bbaaa']).toContain(letters);
    }
  });

  it('can be repeated from its seed', () => {
    expect(firstBlocks([1, 2, 3], 9, 7)).toEqual(firstBlocks([1, 2, 3], 9, 7));
  });
});

describe('the ladder', () => {
  const flights = quickLadder(true);

  it('names its layers as the result promises', () => {
    for (const { layers } of flights)
      for (const { layer } of layers) expect(layer).toMatch(/^(hop|tls|request-log|firewall)/);
  });

  it('has nothing without root that needs a namespace', () => {
    for (const { firewall, journal } of quickLadder(false).flatMap(({ rungs }) => rungs))
      expect({ firewall, journal }).toEqual({ firewall: 'none', journal: false });
  });

  it('names only rungs that stand in the same flight, each of them once', () => {
    for (const { rungs, layers } of [...flights, ...quickLadder(false)]) {
      const names = rungs.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      for (const { from, to } of layers) expect(names).toEqual(expect.arrayContaining([from, to]));
    }
  });

  it('holds the same thing against itself in its first flight', () => {
    expect(flights[0]?.rungs.map(({ name }) => name)).toEqual(expect.arrayContaining([NOISE.from, NOISE.to]));
  });

  it('is cut down to the chosen layers, their rungs and the noise floor', () => {
    const [first, second, ...rest] = quickLadder(true, ['journald']);
    expect(first?.rungs.map(({ name }) => name)).toEqual([NOISE.from, NOISE.to]);
    expect(second?.layers.map(({ layer }) => layer)).toEqual(['request-log: journald']);
    expect(second?.rungs.length).toBe(2);
    expect(rest).toEqual([]);
  });

  it('refuses a word that no layer has, saying what there is', () => {
    expect(() => quickLadder(true, ['tls', 'disk'])).toThrow(/expected words of a layer .*tls.*, got disk$/);
  });

  it('measures every level of the firewall', () => {
    const levels = flights.flatMap(({ rungs }) => rungs.map(({ firewall }) => firewall));
    expect(new Set(levels)).toEqual(new Set(['none', 'stateless', 'stateful', 'story', 'notrack']));
  });
});

describe('the gates', () => {
  const fine: GateFacts = {
    elapsedMicros: 1e6,
    durationMs: 1000,
    stealMicros: 0,
    foreignMicros: 0,
    generatorMicros: 3e5,
    offered: 1000,
    good: 1000,
    blocked: 0,
    errors: 0,
    opened: 1000,
    accepted: 1000,
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
    ['blocked', { blocked: 2 }],
    ['miscounted', { accepted: 999 }],
    ['not-achieved', { good: 980 }],
    ['drift', { halves: [0.4, 0.6] }],
  ] as const)('name %s', (gate, change) => {
    expect(failedGates({ ...fine, ...change })).toEqual([gate]);
  });

  it('do not blame a closed loop for driving as hard as it can', () => {
    expect(failedGates({ ...fine, openLoop: false, generatorMicros: 1e6, blocked: 5 })).toEqual([]);
  });

  it('forgive a count that failed connections explain, and none where nobody else counts', () => {
    expect(failedGates({ ...fine, errors: 2, accepted: 998 })).toEqual([]);
    expect(failedGates({ ...fine, accepted: null })).toEqual([]);
  });

  it('take foreign time that cannot be told as none', () => {
    expect(failedGates({ ...fine, foreignMicros: null })).toEqual([]);
  });
});

describe('the chosen works', () => {
  it('are all without --only', () => {
    const { works, idle } = chosenWorks([]);
    expect(works.length).toBeGreaterThan(5);
    expect(idle.length).toBeGreaterThan(3);
  });

  it('keep the baseline beside a chosen subject, first', () => {
    const { works, idle } = chosenWorks(['wire']);
    expect(works.length).toBeGreaterThan(3);
    for (const { subjects, baseline } of works)
      expect(subjects.map(({ name }) => name)).toEqual([baseline, 'tollgate wire']);
    expect(idle.map(({ name }) => name)).toEqual(['tollgate wire']);
  });

  it('hold every peer as it is shipped and tuned beside each of our own', () => {
    const names = chosenWorks(['site, keep']).works[0]?.subjects.map(({ name }) => name) ?? [];
    for (const peer of ['nginx', 'haproxy', 'caddy'])
      expect(names).toEqual(expect.arrayContaining([`${peer} tuned`, `${peer} as shipped`]));
    for (const way of ['wire', 'http-proxy', 'in process']) expect(names).toContain(`tollgate ${way}`);
  });

  it('are one work by its name, with all its subjects', () => {
    const { works, idle } = chosenWorks(['in memory']);
    expect(works.map(({ name }) => name)).toEqual(['in memory, keep-alive', 'in memory, h2']);
    expect(idle).toEqual([]);
  });

  it('leave out what is done on demand, unless it is asked for by name', () => {
    const namesOf = (words: readonly string[]): string[] => chosenWorks(words).works.map(({ name }) => name);
    expect(namesOf([]).filter((name) => /^(?:file|cached) /.test(name))).toEqual([]);
    expect(chosenWorks([]).works[0]?.subjects.filter(({ name }) => name.endsWith('as shipped'))).toEqual([]);
    expect(namesOf(['as shipped']).length).toBeGreaterThan(3);
    expect(namesOf(['file of 1'])).toEqual(['file of 1 KB', 'file of 16 KB', 'file of 10 MB']);
  });

  it('refuse a word that nothing has, saying what there is', () => {
    expect(() => chosenWorks(['apache'])).toThrow(/expected words of a work .*site, keep-alive.*got apache/);
  });
});

type Table = Parameters<typeof chartLine>[2];

describe('a second as a line', () => {
  const second = {
    atMs: 12_000,
    good: 300,
    attempts: 600,
    errors: 300,
    phases: { refused: 300 },
    lateMs: 0,
    p50Ms: 2.34,
    p99Ms: 1234.5,
  };

  it('shows goodput, what came to nothing, and fits 100 columns', () => {
    const line = chartLine({ ...second, good: 99_999, attempts: 199_999, errors: 99_999 }, 199_999, {
      count: 8192,
      max: 8192,
    });
    expect(line.length).toBeLessThanOrEqual(100);
    expect(line).toContain('█'.repeat(15) + '░'.repeat(15));
    expect(line).toContain('refused 300');
  });

  it('says where attempts failed: all phases, else the most frequent, else how many', () => {
    const failing = (phases: Partial<Record<ErrorPhase, number>>, table: Table = null): string =>
      chartLine({ ...second, phases }, 600, table);
    expect(failing({ tls: 3, refused: 120 })).toMatch(/  refused 120, TLS 3$/);
    expect(failing({ tls: 3, refused: 120, fin: 50, 'first-byte': 7 })).toMatch(/  refused 120, \+3$/);
    expect(failing({ ports: 300 }, { count: 99, max: 100 })).toContain('  300 errors  table 99 %');
  });

  it('says - where there is no percentile', () => {
    expect(chartLine({ ...second, p50Ms: null, p99Ms: null }, 600, null)).toContain('p50 -');
  });
});
