// A request that the target answers, and what the cache wants of its answer.
import type { Forwarded } from './cacheStatus.ts';
import type { Asked } from './asked.ts';
import type { Flight } from './flights.ts';
import type { StoredAnswer } from './stored.ts';

/** The answer may be kept. */
export interface Fetch {
  readonly kind: 'fetch';
  readonly asked: Asked;
  /** What there is already: asked about, or served when the target fails. */
  readonly kept: StoredAnswer | undefined;
  readonly why: Forwarded;
  /** Since the epoch. */
  readonly askedMs: number;
  /** Of those who wait for it; `undefined`: nobody may. */
  readonly flight: Flight | undefined;
  /** What it fetches has been changed or purged meanwhile: its answer may be of before. */
  spoiled: boolean;
}

/** The cache only looks on. */
export interface Pass {
  readonly kind: 'pass';
  readonly key: string;
  readonly why: Forwarded;
}
