// The request target: origin-form, absolute-form or `*` (RFC 9112 section 3.2), split into canonical parts.
import { canonicalAuthority, type Authority } from './host.ts';
import { canonicalPath } from './path.ts';
import { hasOnly, QUERY } from './characters.ts';
import { refuse, type Refusal } from './refusal.ts';

export type TargetForm = 'origin' | 'absolute' | 'asterisk';

export interface Target {
  readonly kind: 'target';
  readonly form: TargetForm;
  /** Only of absolute-form. */
  readonly authority: Authority | undefined;
  /** Canonical; `*` for asterisk-form. */
  readonly path: string;
  /** Without its question mark, byte for byte as it came; `undefined` when there is none. */
  readonly query: string | undefined;
}

const ASTERISK: Target = {
  kind: 'target',
  form: 'asterisk',
  authority: undefined,
  path: '*',
  query: undefined,
};

export function parseTarget(target: string, method: string, scheme: 'http' | 'https'): Target | Refusal {
  if (target.charCodeAt(0) === 0x2f) return originForm(target, 0, 'origin', undefined);
  if (target === '*') return method === 'OPTIONS' ? ASTERISK : refuse('target-invalid');
  return absoluteForm(target, method, scheme);
}

function absoluteForm(target: string, method: string, scheme: 'http' | 'https'): Target | Refusal {
  const given = /^(https?):\/\//i.exec(target);
  if (given === null) return refuse('target-invalid');
  // A plain connection that claims https (or the reverse) would be believed by the target behind.
  if (given[1]?.toLowerCase() !== scheme) return refuse('target-scheme');
  const start = given[0].length;
  const length = target.slice(start).search(/[/?#\\]/);
  const end = length < 0 ? target.length : start + length;
  const authority = canonicalAuthority(target.slice(start, end));
  if (authority === undefined) return refuse('host-invalid');
  // RFC 9112 3.2.4: OPTIONS of an authority without a path asks about the server.
  if (end === target.length && method === 'OPTIONS') return { ...ASTERISK, authority };
  return originForm(target, end, 'absolute', authority);
}

function originForm(
  target: string,
  start: number,
  form: TargetForm,
  authority: Authority | undefined,
): Target | Refusal {
  const mark = target.indexOf('?', start);
  const query = mark < 0 ? undefined : target.slice(mark + 1);
  const raw = target.slice(start, mark < 0 ? target.length : mark);
  if (raw.includes('#') || query?.includes('#') === true) return refuse('target-fragment');
  if (query !== undefined && !hasOnly(QUERY, query)) return refuse('target-character');
  const path = canonicalPath(raw === '' ? '/' : raw);
  return typeof path === 'string' ? { kind: 'target', form, authority, path, query } : path;
}
