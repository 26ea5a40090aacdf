// Whatever a head holds, the gate gives a verdict; what it accepts is canonical, so judging it again changes nothing.
import { judge, type Accepted, type RequestHead } from '@tollgate/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS } from './support.ts';

const odd = fc.oneof(fc.string({ maxLength: 12 }), fc.string({ unit: 'binary', maxLength: 6 }));
const often = <T>(likely: fc.Arbitrary<T>, rare: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 8, arbitrary: likely }, { weight: 1, arbitrary: rare });

const authority = fc.constantFrom(
  'a.example',
  'A.example.',
  'a.example:443',
  'b.example:8443',
  '[::1]:80',
  'u@a',
  '',
);
const segments = fc.array(fc.constantFrom('a', '..', '%2e', '%2F', '', 'b;c', '%41', '[x]'), {
  maxLength: 5,
});
const path = segments.map((parts) => `/${parts.join('/')}`);
const target = fc.oneof(
  fc.tuple(path, fc.constantFrom('', '?', '?q=%zz')).map(([one, query]) => one + query),
  fc.tuple(authority, path).map(([one, other]) => `https://${one}${other}`),
  fc.constantFrom('*', 'https://a.example', '/#x', '/\\'),
);
const field = fc.oneof(
  fc.tuple(fc.constantFrom('Host', 'host'), often(authority, odd)),
  fc.tuple(fc.constant('Content-Length'), often(fc.nat().map(String), odd)),
  fc.tuple(fc.constant('Transfer-Encoding'), fc.constantFrom('chunked', 'gzip, chunked', 'identity', '')),
  fc.tuple(fc.constant('Connection'), fc.constantFrom('close', 'keep-alive', 'upgrade', 'x, y')),
  fc.tuple(fc.constant('Upgrade'), fc.constantFrom('websocket', 'h2c')),
  fc.tuple(often(fc.stringMatching(/^[A-Za-z-]{1,8}$/), odd), often(fc.stringMatching(/^[ -~]{0,8}$/), odd)),
);

const head: fc.Arbitrary<RequestHead> = fc.record({
  protocol: fc.constantFrom('h1', 'h2'),
  httpVersion: often(fc.constantFrom('1.1', '1.0'), odd),
  method: often(fc.constantFrom('GET', 'POST', 'OPTIONS', 'PROPFIND'), odd),
  target: often(target, odd),
  authority: fc.option(often(authority, odd), { nil: undefined }),
  scheme: fc.constantFrom('http', 'https'),
  rawHeaders: fc
    .tuple(often(authority, odd), fc.array(field, { maxLength: 3 }))
    .map(([host, fields]) => ['Host', host, ...fields.flat()]),
});

/** The request as it would be forwarded. */
function forwarded(accepted: Accepted, { scheme, rawHeaders }: RequestHead): RequestHead {
  const { method, target, authority } = accepted;
  const rest = rawHeaders.filter((_, at) => !/^host$/i.test(rawHeaders[at - (at % 2)] ?? ''));
  const host = authority === '' ? [] : ['Host', authority];
  const httpVersion = authority === '' ? '1.0' : '1.1';
  return {
    protocol: 'h1',
    httpVersion,
    method,
    target,
    authority: undefined,
    scheme,
    rawHeaders: [...host, ...rest],
  };
}

describe('any head', () => {
  it('gets a verdict, and one that is accepted is accepted again as it is forwarded, unchanged', () => {
    let accepted = 0;
    fc.assert(
      fc.property(head, (given) => {
        const verdict = judge(given, LIMITS);
        if (verdict.kind === 'refused') return;
        accepted++;
        const { host, target, authority } = verdict;
        expect(judge(forwarded(verdict, given), LIMITS)).toMatchObject({
          kind: 'accepted',
          host,
          target,
          authority,
        });
      }),
      { numRuns: 3000 },
    );
    expect(accepted).toBeGreaterThan(100);
  });

  it('with two framings or two hosts is never accepted', () => {
    const twice = fc.constantFrom(
      ['Content-Length', '1', 'content-length', '1'],
      ['Transfer-Encoding', 'chunked', 'Content-Length', '1'],
      ['Transfer-Encoding', 'chunked', 'TRANSFER-ENCODING', 'chunked'],
      ['Host', 'a.example'],
    );
    fc.assert(
      fc.property(head, twice, fc.nat(3), (given, fields, at) => {
        const where = Math.min(at * 2, given.rawHeaders.length);
        expect(
          judge({ ...given, rawHeaders: given.rawHeaders.toSpliced(where, 0, ...fields) }, LIMITS).kind,
        ).toBe('refused');
      }),
    );
  });
});
