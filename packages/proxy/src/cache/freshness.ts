// How long an answer may be used again, and how old it is (RFC 9111 section 4.2).
import type { Directives } from './directives.ts';
import { linesOf } from './fieldLines.ts';
import { parseHttpDate } from './httpDate.ts';

/** What the front itself says of answers that do not say how long they may be kept. */
export interface FreshnessRules {
  /** `undefined`: such an answer is not kept. */
  readonly lifetimeMs: number | undefined;
  /** Whether such an answer with Last-Modified is kept for a tenth of its age (RFC 9111 4.2.2). */
  readonly heuristic: boolean;
}

/** An answer of the target, and when it was asked and came: milliseconds since the epoch. */
export interface Timed {
  readonly status: number;
  readonly fields: readonly string[];
  readonly askedMs: number;
  readonly receivedMs: number;
}

export interface Freshness {
  readonly lifetimeMs: number;
  /** When it was received. */
  readonly initialAgeMs: number;
  /** Who says so: the answer, or the front in its place. */
  readonly by: 'answer' | 'front';
}

/** RFC 9110 15.1: statuses whose answers may be kept although nothing says so. 206 is kept by nobody here. */
const HEURISTIC: ReadonlySet<number> = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501]);
/** Of a heuristic lifetime: beyond it RFC 7234 wanted a warning with each answer. */
const MOST_HEURISTIC_MS = 86_400_000;
/** Does not end by itself: kept, it would never be whole. */
const EVENT_STREAM = /^text\/event-stream(?:;|$)/i;

/** `undefined`: neither the answer nor the front says how long. */
export function freshnessOf(
  answer: Timed,
  directives: Directives,
  rules: FreshnessRules,
): Freshness | undefined {
  const explicitMs = explicitLifetimeMs(answer, directives);
  if (explicitMs !== undefined) return aged(answer, explicitMs, 'answer');
  if (!HEURISTIC.has(answer.status) && !directives.has('public')) return undefined;
  if (rules.lifetimeMs !== undefined) {
    if (EVENT_STREAM.test(linesOf(answer.fields, 'content-type')[0] ?? '')) return undefined;
    // The front's own clock and milliseconds: Date has whole seconds, which a lifetime of one would be lost in.
    return { lifetimeMs: rules.lifetimeMs, initialAgeMs: 0, by: 'front' };
  }
  const heuristicMs = rules.heuristic ? heuristicLifetimeMs(answer) : undefined;
  return heuristicMs === undefined ? undefined : aged(answer, heuristicMs, 'front');
}

function aged(answer: Timed, lifetimeMs: number, by: Freshness['by']): Freshness {
  const initialAgeMs = initialAge(answer);
  // An age that cannot be read may be any: what has it is stale.
  return {
    lifetimeMs: initialAgeMs === undefined ? 0 : lifetimeMs,
    initialAgeMs: initialAgeMs ?? 0,
    by,
  };
}

/** In the order of RFC 9111 4.2.1, for a shared cache. */
function explicitLifetimeMs(answer: Timed, directives: Directives): number | undefined {
  const seconds = directives.seconds('s-maxage') ?? directives.seconds('max-age');
  if (seconds !== undefined) return seconds * 1000;
  const expires = linesOf(answer.fields, 'expires');
  const [text] = expires;
  if (text === undefined) return directives.has('no-cache') ? 0 : undefined;
  const expiresMs = expires.length === 1 ? parseHttpDate(text, answer.receivedMs) : undefined;
  return expiresMs === undefined ? 0 : Math.max(0, expiresMs - dateMs(answer));
}

/** RFC 9110 6.6.1: an answer without a valid Date was made when it came. */
function dateMs({ fields, receivedMs }: Timed): number {
  return parseHttpDate(linesOf(fields, 'date')[0] ?? '', receivedMs) ?? receivedMs;
}

function heuristicLifetimeMs(answer: Timed): number | undefined {
  const modifiedMs = parseHttpDate(linesOf(answer.fields, 'last-modified')[0] ?? '', answer.receivedMs);
  if (modifiedMs === undefined) return undefined;
  return Math.min(MOST_HEURISTIC_MS, Math.max(0, dateMs(answer) - modifiedMs) / 10);
}

/** RFC 9111 4.2.3; `undefined`: Age is not one plain number. */
function initialAge(answer: Timed): number | undefined {
  const ages = linesOf(answer.fields, 'age');
  const [age = '0'] = ages;
  if (ages.length > 1 || !/^\d{1,15}$/.test(age)) return undefined;
  const apparentMs = Math.max(0, answer.receivedMs - dateMs(answer));
  const delayMs = Math.max(0, answer.receivedMs - answer.askedMs);
  return Math.max(apparentMs, Number(age) * 1000 + delayMs);
}
