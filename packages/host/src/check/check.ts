// A check: one probe judged. Closed list of statuses; the words are for the person, the numbers for programs.

/** `unknown`: it could not be read, and `meaning` says why. */
export type CheckStatus = 'ok' | 'warn' | 'fail' | 'unknown';

export interface Check {
  /** Stable: scripts may rely on it. */
  readonly id: string;
  readonly status: CheckStatus;
  readonly value: number | string | null;
  /** From where on it is no longer ok. */
  readonly limit: number | string | null;
  readonly unit: string;
  readonly meaning: string;
  /** A command or a setting; `null` when there is nothing to mend. */
  readonly fix: string | null;
  /** How sure the judgement is: `low` where it rests on an estimate or a short look. */
  readonly confidence: 'high' | 'medium' | 'low';
  /** Statuses that this check does not have, each with the reason. All others are driven by its tests. */
  readonly never?: Never;
}

type Never = Readonly<Partial<Record<'warn' | 'fail', string>>>;

export interface Thresholds {
  readonly warn: number;
  readonly fail: number;
}

/** At or above a threshold. */
export function statusAbove(value: number, { warn, fail }: Thresholds): CheckStatus {
  return value >= fail ? 'fail' : value >= warn ? 'warn' : 'ok';
}

/** What a check says by status; only the fix of one that is not ok is shown. */
export interface Judged {
  readonly id: string;
  readonly status: CheckStatus;
  readonly value: number | string | null;
  readonly limit: number | string | null;
  readonly unit: string;
  readonly good: string;
  readonly bad: string;
  readonly fix: string;
  readonly confidence?: Check['confidence'];
  readonly never?: Never;
}

export function judged({ good, bad, fix, status, ...rest }: Judged): Check {
  const fine = status === 'ok';
  return { confidence: 'high', ...rest, status, meaning: fine ? good : bad, fix: fine ? null : fix };
}

/** For what a kernel, a right or a program that is missing does not let us see. */
export const unknown = (id: string, why: string): Check => ({
  id,
  status: 'unknown',
  value: null,
  limit: null,
  unit: '',
  meaning: why,
  fix: null,
  confidence: 'low',
});

export const percent = (part: number, whole: number): number =>
  whole === 0 ? 0 : Math.round((part / whole) * 1000) / 10;
