// result.json from rows.jsonl, for a run that has just ended and for one that was killed a year ago alike. Pure.
import type { Result } from '../format/result.ts';
import { breakdownOf } from './breakdown.ts';
import { calibrationOf } from './calibration.ts';
import { cliffOf } from './cliff.ts';
import { compareOf } from './compare.ts';
import { kneeOf } from './knee.ts';
import { loadOf } from './load.ts';
import type { Recording } from './recording.ts';

/** Throws when what was measured is not enough for any figure. */
export function resultOf(recording: Recording): Result {
  const { plan } = recording.description;
  switch (plan.kind) {
    case 'breakdown':
      return breakdownOf(recording, plan);
    case 'calibration':
      return calibrationOf(recording, plan);
    case 'compare':
      return compareOf(recording, plan);
    case 'cliff':
      return cliffOf(recording, plan.runs);
    case 'load':
      return loadOf(recording, plan.url);
    case 'knee':
      return kneeOf(recording, plan.url);
  }
}
