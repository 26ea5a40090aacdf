// A rate limit as one step of the server (GCRA, as `policy/rate/table.ts` keeps it), by one clock: its own. Microseconds
// since the epoch are whole numbers in Lua's doubles until the year 2255.
import { createHash } from 'node:crypto';
import type { Rate } from '../policy/rate/table.ts';

/**
 * KEYS[1]: when the client's bucket would be empty again. ARGV: interval of one request and tolerance in microseconds; how
 * many requests; `ask` or `note`. What is noted has passed already, and is counted whatever it comes to; what is asked
 * for is counted only if it may pass. Returns the microseconds until the bucket is empty, or -1 minus the microseconds to
 * wait. Nobody is kept out for longer than four full buckets, by nodes that all let a burst pass or by another clock; a
 * key ends when its bucket is empty.
 */
export const GCRA = `
local interval, tolerance, count = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local furthest = now + 4 * (tolerance + interval)
local empty = math.max(now, math.min(furthest, tonumber(redis.call('GET', KEYS[1])) or now))
local early = empty - tolerance - now
if ARGV[4] == 'ask' and early > 0 then return -1 - math.ceil(early) end
empty = math.min(furthest, empty + count * interval)
redis.call('SET', KEYS[1], string.format('%.0f', empty), 'PX', math.max(1, math.ceil((empty - now) / 1000)))
return math.ceil(empty - now)
`;

/** What EVALSHA knows it by. */
export const GCRA_SHA1 = createHash('sha1').update(GCRA).digest('hex');

/** One request that wants to pass, or `count` that have. */
export type RateQuestion = { readonly kind: 'ask' } | { readonly kind: 'note'; readonly count: number };

export type RateAnswer =
  /** Counted; the client's bucket is empty in this time if nobody asks any more. */
  | { readonly kind: 'counted'; readonly emptyInMs: number }
  | { readonly kind: 'refused'; readonly waitMs: number };

export function gcraWords({ requests, perMs, burst }: Rate, question: RateQuestion): readonly string[] {
  const intervalMicros = (perMs * 1000) / requests;
  const count = question.kind === 'note' ? question.count : 1;
  return [intervalMicros, intervalMicros * (burst - 1), count, question.kind].map(String);
}

export function gcraAnswer(micros: number): RateAnswer {
  return micros < 0
    ? { kind: 'refused', waitMs: (-1 - micros) / 1000 }
    : { kind: 'counted', emptyInMs: micros / 1000 };
}
