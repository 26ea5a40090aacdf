// Asking the target whether a kept answer still holds, and taking its word for it (RFC 9111 section 4.3).
import { isSameWeakly } from '../coding/entityTag.ts';
import { linesOf, withoutFields } from './fieldLines.ts';
import { keepable, stored, type AskedFor, type KeepingRules, type StoredAnswer } from './stored.ts';

/** And what asks for a part: a refresh is for all of it. */
const CONDITIONS: ReadonlySet<string> = new Set(['if-none-match', 'if-modified-since', 'range', 'if-range']);

/** The request's fields with the cache's own conditions, or none, in place of the client's. */
export function withConditions(fields: readonly string[], kept: StoredAnswer | undefined): string[] {
  return [...withoutFields(fields, (name) => CONDITIONS.has(name)), ...conditionsOf(kept)];
}

function conditionsOf(kept: StoredAnswer | undefined): string[] {
  const [tag] = linesOf(kept?.fields ?? [], 'etag');
  const [modified] = linesOf(kept?.fields ?? [], 'last-modified');
  return [
    ...(tag === undefined ? [] : ['If-None-Match', tag]),
    ...(modified === undefined ? [] : ['If-Modified-Since', modified]),
  ];
}

export function canBeValidated({ fields }: StoredAnswer): boolean {
  return linesOf(fields, 'etag').length > 0 || linesOf(fields, 'last-modified').length > 0;
}

/** RFC 9111 4.3.4: a 304 that names another version than the one that was asked about says nothing of it. */
export function confirms(fields: readonly string[], kept: StoredAnswer): boolean {
  const [given] = linesOf(fields, 'etag');
  const [tag] = linesOf(kept.fields, 'etag');
  if (given !== undefined) return tag !== undefined && isSameWeakly(given, tag);
  const [modified] = linesOf(fields, 'last-modified');
  return modified === undefined || tag !== undefined || linesOf(kept.fields, 'last-modified')[0] === modified;
}

/** When a 304 was asked for and came: milliseconds since the epoch. */
interface Confirmation {
  readonly fields: readonly string[];
  readonly askedMs: number;
  readonly receivedMs: number;
}

/** Those that describe the bytes that are kept, and the connection that the 304 came over (RFC 9111 3.2). */
const OF_THE_BYTES: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-length',
  'content-md5',
  'content-range',
  'etag',
  'transfer-encoding',
]);

/** The kept answer with the 304's fields and a new time of its own; `undefined`: it may be kept no longer. */
export function freshened(
  kept: StoredAnswer,
  confirmation: Confirmation,
  asked: AskedFor,
  rules: KeepingRules,
): StoredAnswer | undefined {
  const newer = withoutFields(confirmation.fields, (name) => OF_THE_BYTES.has(name));
  const given = new Set(newer.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase()));
  const fields = [...withoutFields(kept.fields, (name) => given.has(name)), ...newer];
  const { askedMs, receivedMs } = confirmation;
  const again = keepable({ status: kept.status, fields, askedMs, receivedMs }, asked, rules);
  return again === undefined ? undefined : stored(again, kept.body);
}
