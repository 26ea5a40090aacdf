// When to renew, and when to try again after a failure. Pure.
import type { CertificatePair } from './certificate/pair.ts';
import type { RenewalWindow } from './protocol/renewal-info.ts';

type Lifetime = Pick<CertificatePair, 'notBefore' | 'notAfter' | 'fraction'>;

/** Of the lifetime: what must be left, and how much earlier some renew than others. */
const LEFT = 1 / 3;
const SPREAD = 1 / 30;
/** Advice is not taken beyond this: what is left must do for some failures. */
const LEAST_LEFT = 1 / 10;

/** Milliseconds since 1970. The same each time it is asked, so that restarts do not move it. */
export function renewalTime(
  { notBefore, notAfter, fraction }: Lifetime,
  window: RenewalWindow | undefined,
): number {
  const lifetime = notAfter - notBefore;
  if (window === undefined) return notAfter - lifetime * (LEFT + SPREAD * fraction);
  const advised = window.start + (window.end - window.start) * fraction;
  return Math.min(advised, notAfter - lifetime * LEAST_LEFT);
}

const FIRST_MS = 60_000;
const GROWTH = 3;
const LONGEST_MS = 4 * 3_600_000;

/**
 * From one failure to the next try: a minute, three, nine … four hours, each a quarter more or less. Five tries in the
 * first hour: what a large authority allows a name (its limit of failed validations).
 * `failures`: 1 or more. `random`: from 0 to 1.
 */
export function retryDelayMs(failures: number, random: number): number {
  const delay = Math.min(FIRST_MS * GROWTH ** (failures - 1), LONGEST_MS);
  return Math.round(delay * (0.75 + random / 2));
}

const SETTLE_MS = 6 * 3_600_000;

/** After an issue: whatever the advice says, the next order is not placed sooner. It may come from a wrong clock. */
export function restAfterIssueMs({ notBefore, notAfter }: Lifetime): number {
  return Math.min(SETTLE_MS, (notAfter - notBefore) * LEAST_LEFT);
}
