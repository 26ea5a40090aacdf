// Validity gates of a run over time: what makes its seconds say something else than they seem to. A closed list.
import type { Warning } from '../format/result.ts';
import { warn } from '../stats/warnings.ts';
import { readingAt, workBetween } from './core-work.ts';
import type { Driven } from './recording.ts';

const RUN_GATES = ['steal', 'generator-busy', 'generator-held-up', 'samples-lost'] as const;
export type RunGate = (typeof RUN_GATES)[number];

interface RunFacts {
  /** Of the server's core; shares are 0..1. */
  readonly steal: number;
  readonly busy: number;
  /** Of the generator's core. */
  readonly generator: number;
  readonly heldUpMs: number;
  /** The longest time without a reading of the machine. */
  readonly unseenMs: number;
}

/** A second is what a run is drawn in: what is shorter moves no more than a neighbour's figure. */
const SECOND_MS = 1000;

const JUDGES: Readonly<Record<RunGate, (facts: RunFacts) => boolean>> = {
  // Not the 2 % of a window that costs are told from: it takes more to move a goodput by a tenth.
  steal: ({ steal }) => steal > 0.1,
  // Where the server's core was full as well, it was the server that limited.
  'generator-busy': ({ generator, busy }) => generator > 0.9 && busy < 0.95,
  'generator-held-up': ({ heldUpMs }) => heldUpMs > SECOND_MS,
  // A long run is sampled each second: one reading may be late, and not missing.
  'samples-lost': ({ unseenMs }) => unseenMs > 2 * SECOND_MS,
};

const WARNINGS: Readonly<Record<RunGate, (facts: RunFacts) => Warning>> = {
  steal: ({ steal }) => warn.steal(steal),
  'generator-busy': ({ generator }) => warn.generatorBusy(generator),
  'generator-held-up': ({ heldUpMs }) => warn.generatorHeldUp(heldUpMs),
  'samples-lost': ({ unseenMs }) => warn.samplesLost(unseenMs),
};

export const failedRunGates = (driven: Driven): readonly RunGate[] => {
  const facts = factsOf(driven);
  return RUN_GATES.filter((gate) => JUDGES[gate](facts));
};

/** Disturbances, which may not come again; the same load keeps the generator as busy the next time. */
export const callsForRerun = (driven: Driven): boolean =>
  failedRunGates(driven).some((gate) => gate !== 'generator-busy');

/** One for each gate that a run in use did not pass, by the worst of them. */
export function runGateWarnings(runs: readonly Driven[]): readonly Warning[] {
  const facts = runs.map(factsOf);
  return RUN_GATES.flatMap((gate) => {
    const failing = facts.filter((fact) => JUDGES[gate](fact));
    return failing.length === 0 ? [] : [WARNINGS[gate](worstOf(failing))];
  });
}

function worstOf(facts: readonly RunFacts[]): RunFacts {
  const most = (figure: (fact: RunFacts) => number): number => Math.max(...facts.map(figure));
  return {
    steal: most(({ steal }) => steal),
    busy: most(({ busy }) => busy),
    generator: most(({ generator }) => generator),
    heldUpMs: most(({ heldUpMs }) => heldUpMs),
    unseenMs: most(({ unseenMs }) => unseenMs),
  };
}

function factsOf({ report, samples }: Driven): RunFacts {
  const { startedAtMs, durationMs, cpuMicros, stalledMs } = report;
  const endMs = startedAtMs + durationMs;
  const cores = samples.map(({ core }) => core);
  const work = workBetween(readingAt(cores, startedAtMs), readingAt(cores, endMs));
  const within = samples.map(({ atMs }) => Math.min(Math.max(atMs, startedAtMs), endMs));
  return {
    steal: work.stealMicros / Math.max(1, work.elapsedMicros),
    busy: work.busyMicros / Math.max(1, work.elapsedMicros),
    generator: cpuMicros / (durationMs * 1000),
    heldUpMs: stalledMs,
    unseenMs: longestGap([startedAtMs, ...within, endMs]),
  };
}

const longestGap = (timesMs: readonly number[]): number =>
  timesMs.reduce((longest, atMs, at) => Math.max(longest, atMs - (timesMs[at - 1] ?? atMs)), 0);
