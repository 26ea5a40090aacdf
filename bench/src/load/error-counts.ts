// How many attempts failed in which phase. Pure.
import { ERROR_PHASES, type ErrorCounts, type ErrorPhase, type LoadBucket } from './spec.ts';

export const noErrors = (): Record<ErrorPhase, number> => ({
  'connect-timeout': 0,
  refused: 0,
  reset: 0,
  tls: 0,
  'first-byte': 0,
  truncated: 0,
  fin: 0,
  status: 0,
  body: 0,
  ports: 0,
  files: 0,
});

export function errorsIn(buckets: readonly Pick<LoadBucket, 'phases'>[]): ErrorCounts {
  const counts = noErrors();
  for (const { phases } of buckets) for (const phase of ERROR_PHASES) counts[phase] += phases[phase] ?? 0;
  return counts;
}
