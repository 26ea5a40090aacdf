// Which trailer fields may be passed on.
import { describe, expect, it } from 'vitest';
import { trailerFields } from '../../src/policy/trailers.ts';

describe('trailers', () => {
  it('keep their order and casing', () => {
    expect(trailerFields(['X-B', '1', 'x-a', '2', 'X-B', '3'])).toEqual([
      ['X-B', '1'],
      ['x-a', '2'],
      ['X-B', '3'],
    ]);
  });

  it.each([
    'Content-Length',
    'transfer-encoding',
    'HOST',
    'Authorization',
    'Set-Cookie',
    'X-Forwarded-For',
    'x_forwarded_for',
    'Connection',
    'Trailer',
    'Content-Type',
    'X-Real-IP',
    'X-Original-URL',
    'Proxy',
    'X-Request-Start',
  ])('do not bring %s in by the back door (RFC 9110 6.5.1)', (name) => {
    expect(trailerFields([name, 'x'])).toEqual([]);
  });
});
