// Which runs are run again, and how often at most.
import { describe, expect, it } from 'vitest';
import { Reruns } from '../../src/experiment/reruns.ts';
import { noErrors } from '../../src/load/error-counts.ts';
import type { Driven } from '../../src/result/recording.ts';
import type { Sample } from '../../src/format/line.ts';
import { sampleAt } from '../support/sample.ts';

const sample = (atMs: number, stealMicros = 0): Sample => {
  const made = sampleAt(atMs, atMs * 500);
  return { ...made, core: { ...made.core, stealMicros } };
};

const run = (
  report: Partial<Driven['report']>,
  samples = [sample(0), sample(1500), sample(3000)],
): Driven => ({
  samples,
  report: {
    startedAtMs: 0,
    durationMs: 3000,
    seconds: [],
    attempts: 1,
    good: 1,
    errors: noErrors(),
    offered: 1,
    latency: null,
    cpuMicros: 0,
    stalledMs: 0,
    ...report,
  },
});

const CALM = run({});
const HELD_UP = run({ stalledMs: 1500 });
const BUSY = run({ cpuMicros: 2_900_000 });
const UNSEEN = run({}, [sample(0), sample(500), sample(3000)]);
const STOLEN = run({}, [sample(0), sample(1500), sample(3000, 600_000)]);

/** How often it ran, with the runs that it had in turn. */
async function attempts(reruns: Reruns, runs: readonly Driven[], matters?: () => boolean): Promise<number> {
  let count = 0;
  await reruns.until('x', (attempt) => Promise.resolve(runs[(count = attempt + 1) - 1] ?? CALM), matters);
  return count;
}

const silent = { say: () => undefined };

describe('a run over time', () => {
  it.each([
    ['is run once when nothing disturbed it', [CALM], 1],
    ['is run again when its generator was held up', [HELD_UP, CALM], 2],
    ['is run again when nobody looked for two seconds', [UNSEEN, CALM], 2],
    ['is run again when the hypervisor took a fifth of the core', [STOLEN, CALM], 2],
    ['is not run a third time', [HELD_UP, HELD_UP, CALM], 2],
    ['is not run again because its generator was busy: it would be again', [BUSY], 1],
  ])('%s', async (_name, runs, times) => {
    expect(await attempts(new Reruns(silent, 5), runs)).toBe(times);
  });

  it('is not run again when what disturbed it made no difference', async () => {
    expect(await attempts(new Reruns(silent, 5), [HELD_UP, CALM], () => false)).toBe(1);
  });

  it('is run again only so often in one experiment', async () => {
    const reruns = new Reruns(silent, 2);
    const counts = [];
    for (let each = 0; each < 4; each += 1) counts.push(await attempts(reruns, [HELD_UP, HELD_UP]));
    expect(counts).toEqual([2, 2, 1, 1]);
  });
});
