import { responseFields } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { flat, lines } from './lines.ts';

const filtered = (sent: readonly string[], httpVersion = '1.1'): string[] =>
  lines(responseFields(flat(...sent), httpVersion));

describe('the fields of an answer', () => {
  it('lose what belongs to the upstream connection and gain Via', () => {
    const hopByHop = ['Connection: keep-alive, X-Hop', 'Keep-Alive: timeout=5', 'X-Hop: a', 'Upgrade: h2c'];
    const kept = ['Content-Type: text/plain', 'Set-Cookie: a=1', 'set-cookie: b=2', 'Trailer: X'];
    expect(filtered([...hopByHop, ...kept, 'Transfer-Encoding: chunked'], '1.0')).toEqual([
      ...kept,
      'Via: 1.0 tollgate',
    ]);
  });

  it('keep what Connection must not name: the length, the caching rules, the cookies', () => {
    const kept = ['Content-Length: 3', 'Cache-Control: private', 'Vary: Cookie', 'Set-Cookie: a=1'];
    const sent = ['Connection: content-length, cache-control, vary, set-cookie', ...kept];
    expect(filtered(sent)).toEqual([...kept, 'Via: 1.1 tollgate']);
  });

  it('survive __proto__', () => {
    expect(filtered(['__proto__: x'])).toEqual(['__proto__: x', 'Via: 1.1 tollgate']);
  });
});
