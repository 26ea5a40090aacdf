// Canonical path: one spelling per resource, the same string matched by the router and forwarded to the target.
//
// Unreserved characters are decoded, hex is upper case, characters that RFC 3986 wants encoded are, dot segments are
// resolved, leading slashes are one. `%2F` and `%5C` stay encoded: they are data, not separators; but a dot segment
// beside one is refused, since a target that decodes first would climb. Inner `//` is kept: empty segments are part of
// the name. decisions/0101-canonical-path.md says why.
import { refuse, type Refusal } from './refusal.ts';
import { HEX, isOf, PATH, PATH_ENCODED, UNRESERVED } from './characters.ts';

const SLASH = 0x2f;
const DOT = 0x2e;
const PERCENT = 0x25;
const BACKSLASH = 0x5c;

/** `path` begins with a slash and has no query. The result equals `path` when it is canonical already. */
export function canonicalPath(path: string): string | Refusal {
  if (isCanonical(path)) return path;
  const respelled = respell(path);
  if (typeof respelled !== 'string') return respelled;
  if (OVERLONG.test(respelled)) return refuse('path-overlong');
  return resolveDots(respelled);
}

/** True for nearly every real request: then the path is used as it came and nothing is allocated. */
function isCanonical(path: string): boolean {
  let previous = 0;
  for (let at = 0; at < path.length; at++) {
    const code = path.charCodeAt(at);
    if (!isOf(PATH, code)) return false;
    if (previous === SLASH && (code === DOT || (code === SLASH && at === 1))) return false;
    previous = code;
  }
  return true;
}

/** Overlong UTF-8 of ASCII and of two-byte characters: `%C0%AE` is a dot to careless decoders (CVE-2000-0884). */
const OVERLONG = /%C[01]%[89AB]|%E0%[89]|%F0%8/;

function respell(path: string): string | Refusal {
  let out = '';
  for (let at = 0; at < path.length; at++) {
    const code = path.charCodeAt(at);
    if (isOf(PATH, code)) out += path[at];
    else if (isOf(PATH_ENCODED, code)) out += encoded(code);
    else if (code === PERCENT) {
      const byte = escapedByte(path, at);
      if (byte < 0) return refuse('path-escape');
      if (byte < 0x20 || byte === 0x7f) return refuse('path-control');
      out += isOf(UNRESERVED, byte) ? String.fromCharCode(byte) : encoded(byte);
      at += 2;
    } else return refuse(code === BACKSLASH ? 'path-backslash' : 'target-character');
  }
  return out;
}

function escapedByte(path: string, at: number): number {
  const high = path.charCodeAt(at + 1);
  const low = path.charCodeAt(at + 2);
  return isOf(HEX, high) && isOf(HEX, low) ? Number.parseInt(path.slice(at + 1, at + 3), 16) : -1;
}

function encoded(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}

/** RFC 3986 5.2.4, except that climbing above the root is refused: only an attack does it. */
function resolveDots(path: string): string | Refusal {
  const kept: string[] = [];
  const segments = path.split('/');
  const last = segments.length - 1;
  for (let index = 1; index <= last; index++) {
    const segment = segments[index] ?? '';
    if (hidesDots(segment)) return refuse('path-ambiguous');
    if (segment === '..' && kept.pop() === undefined) return refuse('path-above-root');
    if (segment !== '.' && segment !== '..') kept.push(segment);
    else if (index === last) kept.push('');
  }
  // `//host/` is a network-path reference to URL parsers: redirects built from it leave the site.
  return `/${kept.join('/').replace(/^\/+/, '')}`;
}

/** `..;x` is `..` to servlet containers, and `..%2F` to whoever decodes before splitting. */
function hidesDots(segment: string): boolean {
  return segment.includes('.') && HIDDEN_DOTS.test(segment);
}

const HIDDEN_DOTS = /(?:^|%2F|%5C)\.{1,2}(?:;|%2F|%5C)|(?:%2F|%5C)\.{1,2}$/;
