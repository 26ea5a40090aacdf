// The recogniser takes the plain case and doubts the rest; what it takes, the gate accepts with the same reading.
import { judge, type Accepted } from '@tollgate/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recognise, type Recognised } from '../../../src/lane/wire/recognise.ts';

const limits = { headerBytes: 16_384, headerCount: 100, targetBytes: 8192 };
const read = (text: string): Recognised => {
  const bytes = Buffer.from(text, 'latin1');
  return recognise(bytes, 0, bytes.length, limits, false);
};
const taken = (text: string): Exclude<Recognised, string> => {
  const head = read(text);
  if (typeof head === 'string') throw new Error(`expected a head, got ${head}`);
  return head;
};

describe('recognise', () => {
  it('reads a plain request and keeps the lines that are forwarded', () => {
    const text =
      'POST /a/b?x=%zz HTTP/1.1\r\nHost: example.com:8443\r\nUser-Agent: t\r\nConnection: close\r\nContent-Length: 5\r\n\r\n';
    expect(taken(text)).toMatchObject({
      method: 'POST',
      target: '/a/b?x=%zz',
      path: '/a/b',
      authority: { host: 'example.com', port: 8443 },
      lines: 'User-Agent: t\r\nContent-Length: 5\r\n',
      contentLength: 5,
      close: true,
      userAgent: 't',
      byteLength: text.length,
    });
  });

  it('stops at the end of the head, so that what follows stays for the next request', () => {
    const one = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
    expect(taken(`${one}GET /2 HTTP/1.1\r\n`).byteLength).toBe(one.length);
  });

  it('is incomplete at every cut of a plain request', () => {
    const text =
      'PUT /x?y HTTP/1.1\r\nhost: a.b\r\ntransfer-encoding: chunked\r\nexpect: 100-continue\r\n\r\n';
    for (let cut = 0; cut < text.length; cut++) expect(read(text.slice(0, cut))).toBe('incomplete');
    expect(taken(text)).toMatchObject({ contentLength: -1, expectsContinue: true });
  });

  it.each([
    ['lower-case method', 'get / HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['other method', 'TRACE / HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['asterisk', 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['absolute form', 'GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['HTTP/1.0', 'GET / HTTP/1.0\r\nHost: a\r\n\r\n'],
    ['HTTP/0.9', 'GET /\r\n'],
    ['h2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['TLS on a plain port', '\u0016\u0003\u0001'],
    ['leading blank line', '\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['two spaces', 'GET  / HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['bare LF', 'GET / HTTP/1.1\nHost: a\n\n'],
    ['bare CR in a value', 'GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n'],
    ['NUL in a value', 'GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n'],
    ['obs-text', 'GET / HTTP/1.1\r\nHost: a\r\nX: \u00e9\r\n\r\n'],
    ['obs-fold', 'GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n'],
    ['space before the colon', 'GET / HTTP/1.1\r\nHost : a\r\n\r\n'],
    ['empty name', 'GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n'],
    ['underscore in a name', 'GET / HTTP/1.1\r\nHost: a\r\nX_A: b\r\n\r\n'],
    ['no host', 'GET / HTTP/1.1\r\nX: a\r\n\r\n'],
    ['empty host', 'GET / HTTP/1.1\r\nHost: \r\n\r\n'],
    ['two hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n'],
    ['user in host', 'GET / HTTP/1.1\r\nHost: u@a\r\n\r\n'],
    ['host list', 'GET / HTTP/1.1\r\nHost: a, b\r\n\r\n'],
    ['a name twice', 'GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nx: 2\r\n\r\n'],
    ['dot segment', 'GET /a/../b HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['doubled slash', 'GET /a//b HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['escape of a plain letter', 'GET /%61 HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['hidden dot segment', 'GET /%2e%2e%2fetc HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['fragment', 'GET /#x HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['backslash', 'GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['CL and TE', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n'],
    ['signed length', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n'],
    ['length list', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n'],
    ['Chunked in capitals', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n'],
    ['two codings', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n'],
    ['Connection with a name', 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close, x-a\r\n\r\n'],
    ['h2c', 'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n'],
    ['upgrade not named in Connection', 'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n'],
    ['websocket', 'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'],
    [
      'upgrade with a body',
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 1\r\n\r\n',
    ],
    ['TE', 'GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n'],
    ['another expectation', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: x\r\n\r\n'],
    ['a head over the limit', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(17_000)}`],
    ['a target over the limit', `GET /${'a'.repeat(9000)} HTTP/1.1\r\nHost: a\r\n\r\n`],
    [
      'too many fields',
      `GET / HTTP/1.1\r\nHost: a\r\n${Array.from({ length: 101 }, (_, i) => `x-${i}: 1\r\n`).join('')}\r\n`,
    ],
  ])('doubts: %s', (_name, text) => {
    expect(read(text)).toBe('doubt');
  });

  it('takes escapes that are canonical already', () => {
    expect(taken('GET /%20%C3%A9 HTTP/1.1\r\nHost: a\r\n\r\n').path).toBe('/%20%C3%A9');
  });

  it('what it takes, the gate accepts with the same reading', () => {
    let both = 0;
    fc.assert(
      fc.property(nearRequest, (text) => {
        const head = read(text);
        if (typeof head === 'string') return;
        both++;
        const verdict = judgeText(text.slice(0, head.byteLength));
        expect(readingOf(verdict)).toEqual({
          method: head.method,
          target: head.target,
          host: head.authority.host,
          port: head.authority.port,
          contentLength: head.contentLength === -1 ? 'chunked' : head.contentLength,
          close: head.close,
          expectsContinue: head.expectsContinue,
        });
      }),
      { numRuns: 20_000 },
    );
    // About one in twenty of the generated is plain enough: the property is not empty.
    expect(both).toBeGreaterThan(500);
  });
});

const pick = (...values: string[]): fc.Arbitrary<string> => fc.constantFrom(...values);
const field = fc.tuple(
  pick(
    'X-A',
    'x-b',
    'Accept',
    'Cookie',
    'Connection',
    'Upgrade',
    'Content-Length',
    'Transfer-Encoding',
    'TE',
  ),
  pick('1', '5', 'a b', 'close', 'keep-alive', 'upgrade', 'websocket', 'chunked', '', 'x, y', '\u00e9'),
);
const host = pick(
  'a',
  'A.example',
  'a.b:80',
  'a:0443',
  '127.0.0.1',
  '127.1',
  '[::1]',
  'a..b',
  'a.',
  'x_y',
  '-a',
  'ä',
);
const target = fc.oneof(
  pick(
    '/',
    '/',
    '/a/b',
    '/x',
    '/y/z?q',
    '/a?b=c',
    '/%2F',
    '/%41',
    '/a//b',
    '/.x',
    '/a/./b',
    '/..',
    '*',
    '/a;b',
    '/a?b#c',
    '/a%',
  ),
  fc
    .string({
      unit: fc.constantFrom('/', '.', '%', '2', 'e', '5', 'F', 'a', '?', ';', '=', '#', '\\'),
      maxLength: 8,
    })
    .map((tail) => `/${tail}`),
);
const nearRequest = fc
  .tuple(
    pick('GET', 'GET', 'POST', 'OPTIONS', 'BREW', 'get'),
    target,
    pick('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0'),
    host,
    fc.array(field, { maxLength: 3 }),
    pick(': ', ': ', ': ', ': ', ':', ' : ', ':\t'),
    pick('\r\n', '\r\n', '\r\n', '\r\n', '\r\n', '\n'),
  )
  .map(([method, path, version, name, fields, colon, eol]) =>
    [
      `${method} ${path} ${version}`,
      ...[['Host', name], ...fields].map((pair) => pair.join(colon)),
      '',
      '',
    ].join(eol),
  );

/** A second reading of a head that is known to be plain: split at line ends and first colons. */
function judgeText(text: string): Accepted {
  const [requestLine = '', ...lines] = text.split('\r\n').slice(0, -2);
  const [method = '', path = '', version = ''] = requestLine.split(' ');
  const rawHeaders = lines.flatMap((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const verdict = judge(
    {
      protocol: 'h1',
      httpVersion: version.slice('HTTP/'.length),
      method,
      target: path,
      authority: undefined,
      scheme: 'https',
      rawHeaders,
    },
    limits,
  );
  if (verdict.kind === 'refused')
    throw new Error(`expected the gate to accept, got ${verdict.code}: ${text}`);
  return verdict;
}

const readingOf = (verdict: Accepted): object => ({
  method: verdict.method,
  target: verdict.target,
  host: verdict.host,
  port: verdict.port,
  contentLength: verdict.body === 'chunked' ? 'chunked' : (verdict.contentLength ?? 0),
  close: verdict.close,
  expectsContinue: verdict.expectContinue,
});
