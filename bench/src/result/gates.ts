// Validity gates: what makes a window worth measuring again. A closed list, each with what to do about it.
import type { Warning } from '../format/result.ts';
import type { Row } from '../format/row.ts';
import { sum } from '../stats/sample.ts';
import { warn } from '../stats/warnings.ts';

export interface GateFacts {
  readonly elapsedMicros: number;
  /** Of sending: what the generator's core is held against. */
  readonly durationMs: number;
  readonly stealMicros: number;
  readonly foreignMicros: number | null;
  readonly generatorMicros: number;
  readonly offered: number;
  readonly good: number;
  readonly blocked: number;
  readonly errors: number;
  /** Connections by the generator's count, and by the server's kernel; `null` where that cannot tell. */
  readonly opened: number;
  readonly accepted: number | null;
  readonly openLoop: boolean;
  /** Cost of the first and of the second half of the window. */
  readonly halves: readonly [number, number];
}

/** Relative change from the first to the second half of a window. */
const DRIFT = 0.25;

const GATES = [
  'steal',
  'foreign-cpu',
  'generator-busy',
  'blocked',
  'not-achieved',
  'miscounted',
  'drift',
  'nothing-good',
] as const;
export type Gate = (typeof GATES)[number];

/** Thresholds of facts/bench: a quiet machine passes all of them all the time. */
const JUDGES: Readonly<Record<Gate, (facts: GateFacts) => boolean>> = {
  steal: (facts) => facts.stealMicros > 0.02 * facts.elapsedMicros,
  'foreign-cpu': (facts) => (facts.foreignMicros ?? 0) > 0.05 * facts.elapsedMicros,
  'generator-busy': (facts) => facts.openLoop && facts.generatorMicros > 0.8 * facts.durationMs * 1000,
  blocked: (facts) => facts.openLoop && facts.blocked > 0.001 * facts.offered,
  'not-achieved': (facts) => facts.openLoop && facts.good < 0.99 * facts.offered,
  // A connection that failed may have come as far as the server, or not.
  miscounted: ({ accepted, opened, errors }) => accepted !== null && Math.abs(accepted - opened) > errors,
  drift: ({ halves }) => Math.abs(halves[0] - halves[1]) > DRIFT * ((halves[0] + halves[1]) / 2),
  'nothing-good': (facts) => facts.good === 0,
};

export const failedGates = (facts: GateFacts): readonly Gate[] => GATES.filter((gate) => JUDGES[gate](facts));

type Judged = Pick<Row, 'slices' | 'leftOut' | 'gates' | 'cpu' | 'blocked' | 'offered' | 'good' | 'errors'>;

/** How bad it was in the windows in use, over all of them. */
const WARNINGS: Readonly<Record<Gate, (rows: readonly Judged[]) => Warning>> = {
  steal: (rows) => warn.steal(share(rows, ({ cpu }) => cpu.stealMicros)),
  'foreign-cpu': (rows) => warn.foreignCpu(share(rows, ({ cpu }) => cpu.foreignMicros ?? 0)),
  'generator-busy': (rows) => warn.generatorBusy(share(rows, ({ cpu }) => cpu.generatorMicros)),
  blocked: (rows) => warn.generatorBlocked(ratio(rows, ({ blocked }) => blocked)),
  'not-achieved': (rows) => warn.offeredMissed(ratio(rows, ({ good }) => good)),
  miscounted: (rows) => warn.miscounted(rows.length),
  drift: () => warn.drift(DRIFT),
  'nothing-good': (rows) => warn.errors(ratio(rows, ({ errors }) => errors)),
};

/** More than a quiet machine ever leaves out. */
const MANY_LEFT_OUT = 0.02;

/** One warning for each gate that windows in use did not pass, and one for slices that are in no figure. */
export function gateWarnings(kept: readonly Judged[]): readonly Warning[] {
  const leftOut =
    sum(kept.map((row) => row.leftOut)) / Math.max(1, sum(kept.map((row) => row.slices + row.leftOut)));
  const disturbed = leftOut > MANY_LEFT_OUT ? [warn.disturbed(leftOut)] : [];
  return GATES.flatMap((gate) => {
    const failing = kept.filter(({ gates }) => gates.includes(gate));
    return failing.length === 0 ? [] : [WARNINGS[gate](failing)];
  }).concat(disturbed);
}

const share = (rows: readonly Judged[], micros: (row: Judged) => number): number =>
  sum(rows.map(micros)) / sum(rows.map(({ cpu }) => cpu.elapsedMicros));

const ratio = (rows: readonly Judged[], count: (row: Judged) => number): number =>
  sum(rows.map(count)) / Math.max(1, sum(rows.map(({ offered }) => offered)));
