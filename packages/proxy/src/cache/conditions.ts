// What the client has already, and which part it wants: answered from the cache (RFC 9111 section 4.3.2).
import { isSameWeakly } from '../coding/entityTag.ts';
import { linesOf, valueOf } from './fieldLines.ts';
import { parseHttpDate } from './httpDate.ts';
import type { StoredAnswer } from './stored.ts';

/** Whether a 304 is the answer: the client's copy is this one. Only for an answer of status 200. */
export function isNotModified(rawHeaders: readonly string[], kept: StoredAnswer): boolean {
  if (kept.status !== 200) return false;
  const tags = valueOf(rawHeaders, 'if-none-match');
  if (tags !== undefined) return namesTag(tags, linesOf(kept.fields, 'etag')[0]);
  const [since] = linesOf(rawHeaders, 'if-modified-since');
  const sinceMs = since === undefined ? undefined : parseHttpDate(since, kept.receivedMs);
  return sinceMs !== undefined && modifiedMs(kept) <= sinceMs;
}

function namesTag(field: string, tag: string | undefined): boolean {
  if (field.trim() === '*') return true;
  if (tag === undefined) return false;
  // A tag may have commas in it.
  const tags = field.match(/(?:W\/)?"[^"]*"/g) ?? [];
  return tags.some((given) => isSameWeakly(given, tag));
}

/** RFC 9111 4.3.2: without Last-Modified the date, without Date the time it came. */
function modifiedMs({ fields, receivedMs }: StoredAnswer): number {
  for (const name of ['last-modified', 'date']) {
    const ms = parseHttpDate(linesOf(fields, name)[0] ?? '', receivedMs);
    if (ms !== undefined) return ms;
  }
  return receivedMs;
}

/** Fields of a 304 (RFC 9110 15.4.5): those that a client updates its own copy with. */
export function notModifiedFields(fields: readonly string[]): string[] {
  const out: string[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const name = fields[at] ?? '';
    if (!OF_CONTENT.test(name)) out.push(name, fields[at + 1] ?? '');
  }
  return out;
}

const OF_CONTENT = /^content-(?!location$|security-policy|disposition$)/i;
