// A counter of what the kernel threw away: what it threw away before is a warning, what it throws away now is a failure.
import type { Reading } from '../probe/reading.ts';
import { type Check, judged, unknown } from './check.ts';
import { growth } from './view.ts';

export interface Loss<T> {
  readonly id: string;
  readonly unit: string;
  readonly before: Reading<T>;
  readonly now: Reading<T>;
  /** Since the machine started. */
  readonly lost: (counters: T) => number;
  /** What cannot be judged where `now` could not be read. */
  readonly unread: string;
  /** `fresh`: lost since the look before. */
  readonly words: (counters: T, lost: number, fresh: number) => LossWords;
}

interface LossWords {
  readonly good: string;
  readonly bad: string;
  readonly fix: string;
}

export function lossCheck<T>({ id, unit, before, now, lost, unread, words }: Loss<T>): Check {
  if (!now.ok) return unknown(id, `${unread} (${now.why})`);
  const all = lost(now.value);
  const fresh = growth(before, now, lost);
  const status = fresh > 0 ? 'fail' : all > 0 ? 'warn' : 'ok';
  return judged({ id, status, value: all, limit: 1, unit, ...words(now.value, all, fresh) });
}
