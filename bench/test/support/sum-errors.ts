// All failures of a report in one sum.
import { ERROR_PHASES, type ErrorCounts } from '../../src/load/spec.ts';

export const sumErrors = (errors: ErrorCounts): number =>
  ERROR_PHASES.reduce((sum, phase) => sum + errors[phase], 0);
