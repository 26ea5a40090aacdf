// An answer in the cache, and how old it is.
import { responseFields } from '@tollgate/core';
import { varyNames } from '../coding/vary.ts';
import type { DiskBody } from './disk/body.ts';
import { parseDirectives, type Directives } from './directives.ts';
import { linesOf, valueOf, withoutFields } from './fieldLines.ts';
import { freshnessOf, type Freshness, type FreshnessRules, type Timed } from './freshness.ts';
import { isStorable } from './storable.ts';
import { selectingNames, variantOf } from './variant.ts';

export interface StoredAnswer {
  readonly key: string;
  /** The request fields that it depends on, in lower case. */
  readonly selecting: readonly string[];
  /** Of the request that it answered. */
  readonly variant: string;
  readonly status: number;
  /** End-to-end fields, without Age. */
  readonly fields: readonly string[];
  /** In memory, or in a file that the answer has a part in for as long as it is in the store. */
  readonly body: Buffer | DiskBody;
  /** Since the epoch. */
  readonly receivedMs: number;
  readonly freshness: Freshness;
  /** Each use asks the target first. */
  readonly validated: boolean;
  /** How long it may be used after it has become stale: while it is fetched anew, and when that fails. */
  readonly staleMs: StaleAllowance;
  /** What it takes in memory: of one whose body is in a file, all but that. */
  readonly bytes: number;
}

interface StaleAllowance {
  readonly whileRevalidate: number;
  readonly ifError: number;
}

/** What the front adds to what the answers say themselves. */
export interface KeepingRules extends FreshnessRules {
  /** For answers that say nothing of it and do not forbid it. */
  readonly staleMs: StaleAllowance;
  /** As `selectingNames` takes them. */
  readonly told: readonly string[];
}

/** Who asked: what an answer is kept for. */
export interface AskedFor {
  readonly key: string;
  readonly rawHeaders: readonly string[];
  readonly hasAuthorization: boolean;
  /** An answer that does not say how long it may be kept is not kept when the client may be known by a cookie. */
  readonly isKnown: boolean;
}

/** All about the answer but its body; `undefined`: it may not be kept. */
export type Keepable = Omit<StoredAnswer, 'body' | 'bytes'>;

export function keepable(answer: Timed, asked: AskedFor, rules: KeepingRules): Keepable | undefined {
  const directives = parseDirectives(valueOf(answer.fields, 'cache-control'));
  if (!isStorable(answer.status, answer.fields, directives, asked.hasAuthorization)) return undefined;
  const freshness = freshnessOf(answer, directives, rules);
  if (freshness === undefined || (freshness.by === 'front' && asked.isKnown)) return undefined;
  const names = varyNames(valueOf(answer.fields, 'vary'));
  const selecting = names === '*' ? undefined : selectingNames(names, rules.told);
  if (selecting === undefined) return undefined;
  const kept: Keepable = {
    key: asked.key,
    selecting,
    variant: variantOf(selecting, asked.rawHeaders),
    status: answer.status,
    fields: keptFields(answer.fields),
    receivedMs: answer.receivedMs,
    freshness,
    validated: directives.has('no-cache'),
    staleMs: staleAllowance(directives, rules),
  };
  return isUseful(kept) ? kept : undefined;
}

/** Of no use is what must be fetched again each time and cannot even be validated. */
function isUseful({ fields, freshness, validated }: Keepable): boolean {
  if (!validated && freshness.initialAgeMs < freshness.lifetimeMs) return true;
  return linesOf(fields, 'etag').length > 0 || linesOf(fields, 'last-modified').length > 0;
}

/** Hop-by-hop fields are gone already when an answer has come over a hop; an app in this process may have set some. */
function keptFields(fields: readonly string[]): string[] {
  const endToEnd = responseFields(fields, '1.1').slice(0, -2);
  return withoutFields(endToEnd, (name) => name === 'age' || name === 'content-length');
}

/** RFC 9111 4.2.4: not what the answer forbids. RFC 5861: what it allows itself, s-maxage beside it or not. */
function staleAllowance(directives: Directives, { staleMs }: KeepingRules): StaleAllowance {
  if (FORBID_STALE.some((name) => directives.has(name))) return { whileRevalidate: 0, ifError: 0 };
  const shared = directives.has('s-maxage');
  const allowed = (name: string, byFront: number): number => {
    const seconds = directives.seconds(name);
    return seconds === undefined ? (shared ? 0 : byFront) : seconds * 1000;
  };
  return {
    whileRevalidate: allowed('stale-while-revalidate', staleMs.whileRevalidate),
    ifError: allowed('stale-if-error', staleMs.ifError),
  };
}

const FORBID_STALE = ['must-revalidate', 'proxy-revalidate', 'no-cache'];

/** Objects, map entries and list links of one answer, roughly. */
const OVERHEAD_BYTES = 1024;

/** With its body, of which nobody else may change a byte. */
export function stored(kept: Keepable, body: StoredAnswer['body']): StoredAnswer {
  const texts = [kept.key, kept.variant, ...kept.fields];
  // Two bytes a character is what the engine takes at most; an answer in demand is kept as text as well.
  const bytes = texts.reduce(
    (sum, text) => sum + 4 * text.length,
    OVERHEAD_BYTES + (Buffer.isBuffer(body) ? body.length : 0),
  );
  return { ...kept, body, bytes };
}

/** RFC 9111 4.2.3. */
export function ageMs({ freshness, receivedMs }: Keepable, nowMs: number): number {
  return freshness.initialAgeMs + Math.max(0, nowMs - receivedMs);
}
