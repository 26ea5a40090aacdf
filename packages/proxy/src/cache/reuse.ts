// Whether a kept answer serves a request as it is (RFC 9111 section 4).
import { parseDirectives } from './directives.ts';
import { valueOf } from './fieldLines.ts';
import { ageMs, type StoredAnswer } from './stored.ts';

export type Reuse =
  | 'fresh'
  /** Stale; served while the target is asked anew in the background. */
  | 'stale'
  /** The target is asked first. */
  | 'validate';

/** What the client wants of the cache (RFC 9111 5.2.1). Nobody gets an answer staler than the target allows. */
export interface Wishes {
  readonly maxAgeMs: number;
  readonly minFreshMs: number;
  readonly noCache: boolean;
  readonly noStore: boolean;
  readonly onlyIfCached: boolean;
}

/** Of a client whose wishes are not heard: any number of clients that reload must not reach the target. */
export const NO_WISHES: Wishes = {
  maxAgeMs: Number.POSITIVE_INFINITY,
  minFreshMs: 0,
  noCache: false,
  noStore: false,
  onlyIfCached: false,
};

export function wishesOf(rawHeaders: readonly string[]): Wishes {
  const directives = parseDirectives(valueOf(rawHeaders, 'cache-control'));
  const milliseconds = (name: string): number | undefined => {
    const seconds = directives.seconds(name);
    return seconds === undefined ? undefined : seconds * 1000;
  };
  return {
    maxAgeMs: milliseconds('max-age') ?? Number.POSITIVE_INFINITY,
    minFreshMs: milliseconds('min-fresh') ?? 0,
    noCache: directives.has('no-cache'),
    noStore: directives.has('no-store'),
    onlyIfCached: directives.has('only-if-cached'),
  };
}

export function judgeReuse(answer: StoredAnswer, wishes: Wishes, nowMs: number): Reuse {
  const age = ageMs(answer, nowMs);
  const leftMs = answer.freshness.lifetimeMs - age;
  if (answer.validated || wishes.noCache || age >= wishes.maxAgeMs) return 'validate';
  if (leftMs > wishes.minFreshMs) return 'fresh';
  if (wishes.minFreshMs > 0) return 'validate';
  return -leftMs < answer.staleMs.whileRevalidate ? 'stale' : 'validate';
}

/** Whether it may be served in place of the target's failure (RFC 5861 section 4). */
export function servesOnError(answer: StoredAnswer, nowMs: number): boolean {
  return ageMs(answer, nowMs) - answer.freshness.lifetimeMs < answer.staleMs.ifError;
}
