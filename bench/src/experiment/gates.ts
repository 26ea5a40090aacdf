// Validity gates: what makes a window worth measuring again. A closed list, each with what to do about it.
import type { Warning } from '../format/result.ts';

export interface GateFacts {
  readonly elapsedMicros: number;
  readonly stealMicros: number;
  readonly foreignMicros: number | null;
  readonly generatorMicros: number;
  readonly offered: number;
  readonly good: number;
  readonly blocked: number;
  readonly openLoop: boolean;
  /** Cost of the first and of the second half of the window. */
  readonly halves: readonly [number, number];
}

const GATES = [
  'steal',
  'foreign-cpu',
  'generator-busy',
  'blocked',
  'not-achieved',
  'drift',
  'nothing-good',
] as const;
export type Gate = (typeof GATES)[number];

/** Thresholds of facts/bench: a quiet machine passes all of them all the time. */
const JUDGES: Readonly<Record<Gate, (facts: GateFacts) => boolean>> = {
  steal: (facts) => facts.stealMicros > 0.02 * facts.elapsedMicros,
  'foreign-cpu': (facts) => (facts.foreignMicros ?? 0) > 0.05 * facts.elapsedMicros,
  'generator-busy': (facts) => facts.openLoop && facts.generatorMicros > 0.8 * facts.elapsedMicros,
  blocked: (facts) => facts.openLoop && facts.blocked > 0.01 * facts.offered,
  'not-achieved': (facts) => facts.openLoop && facts.good < 0.99 * facts.offered,
  drift: ({ halves }) => Math.abs(halves[0] - halves[1]) > 0.25 * ((halves[0] + halves[1]) / 2),
  'nothing-good': (facts) => facts.good === 0,
};

export const failedGates = (facts: GateFacts): readonly Gate[] => GATES.filter((gate) => JUDGES[gate](facts));

const ADVICE: Readonly<Record<Gate, readonly [says: string, advice: string]>> = {
  steal: [
    'the hypervisor gave over 2 % of the server core to others',
    'measure at a quieter hour, or on a machine of your own',
  ],
  'foreign-cpu': [
    'other programs used over 5 % of the server core; their time is taken out, their effect on caches is not',
    'stop them, or measure on a quieter machine',
  ],
  'generator-busy': [
    'the generator used over 80 % of its core: it may be what was measured',
    'lower --rate, or use a machine with more cores',
  ],
  blocked: ['over 1 % of the requests could not be sent on time', 'raise --connections or lower --rate'],
  'not-achieved': [
    'under 99 % of the offered requests were answered well',
    'lower --rate: the cost at saturation is not the cost of a request',
  ],
  drift: [
    'the first and the second half of a window differed by over a quarter',
    'measure longer: --seconds',
  ],
  'nothing-good': ['no request was answered well', 'look at the errors in rows.jsonl'],
};

/** One warning for each gate that windows in use did not pass. */
export function gateWarnings(kept: readonly { readonly gates: readonly string[] }[]): readonly Warning[] {
  return GATES.flatMap((gate) => {
    const count = kept.filter(({ gates }) => gates.includes(gate)).length;
    if (count === 0) return [];
    const [says, advice] = ADVICE[gate];
    return [{ id: gate, message: `in ${count} of ${kept.length} windows ${says}`, advice }];
  });
}
