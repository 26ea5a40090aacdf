// What a request is known by when `balance: hash` looks for its server.
import type { HashBy } from '@tollgate/core';

/** `fields`: names and values in turn, as they came. Empty when the request has no such cookie or header. */
export function hashKeyOf(by: HashBy, address: string, authority: string, fields: readonly string[]): string {
  if (by.from === 'address') return address;
  if (by.from === 'header' && by.name === 'host') return authority;
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const name = (fields[at] ?? '').toLowerCase();
    const value = fields[at + 1] ?? '';
    if (by.from === 'header' && name === by.name) return value.trim();
    const cookie = by.from === 'cookie' && name === 'cookie' ? cookieOf(value, by.name) : '';
    // HTTP/2 may send each cookie in a field of its own (RFC 9113 8.2.3).
    if (cookie !== '') return cookie;
  }
  return '';
}

/** The first of that name (RFC 6265 section 4.2). */
function cookieOf(field: string, name: string): string {
  for (const pair of field.split(';')) {
    const equals = pair.indexOf('=');
    if (equals >= 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
  }
  return '';
}
