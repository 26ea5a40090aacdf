// Header fields: names, values, line ends and sizes (RFC 9112 section 5), and those that are not passed on.
import { forwarded, head, HOST, refused, type MalformedCase } from '../case.ts';

const withField = (...fields: readonly string[]): string => head('GET /a HTTP/1.1', ...fields);

export const fieldCases: readonly MalformedCase[] = [
  refused('a folded value', 'RFC 9112 5.2; RFC9112-5.1-OBS-FOLD', withField('X-A: b\r\n c'), 400),
  refused('a value folded with a tab', 'RFC 9112 5.2', withField('X-A: b\r\n\tc'), 400),
  refused('a space before the first field', 'RFC 9112 2.2', `GET /a HTTP/1.1\r\n Host: ${HOST}\r\n\r\n`, 400),
  refused(
    'a space before the colon',
    'RFC 9112 5.1; RFC9110-5.6.2-SP-BEFORE-COLON',
    withField('X-A : b'),
    400,
  ),
  refused('a tab before the colon', 'RFC 9112 5.1', withField('X-A\t: b'), 400),
  refused('a field without colon', 'RFC 9112 5; RFC9112-5-HEADER-NO-COLON', withField('X-A'), 400),
  refused('a field without name', 'RFC 9112 5; RFC9112-5-EMPTY-HEADER-NAME', withField(': b'), 400),
  refused('a space in a name', 'RFC 9110 5.1; RFC9112-5-INVALID-HEADER-NAME', withField('X A: b'), 400),
  refused('a bracket in a name', 'RFC 9110 5.1', withField('X[A]: b'), 400),
  refused('a name beyond ASCII', 'MAL-NON-ASCII-HEADER-NAME', withField('X-\xc4: b'), 400),
  refused('a NUL in a name', 'RFC 9110 5.1', withField('X\0A: b'), 400),
  refused('a NUL in a value', 'RFC 9110 5.5; MAL-NUL-IN-HEADER-VALUE', withField('X-A: b\0c'), 400),
  refused(
    'a bare CR in a value',
    'RFC 9112 2.2; SMUG-BARE-CR-HEADER-VALUE',
    withField('X-A: b\rTransfer-Encoding: chunked'),
    400,
  ),
  refused(
    'a bare LF after a field',
    'RFC 9112 2.2; RFC9112-2.2-BARE-LF-HEADER',
    `GET /a HTTP/1.1\r\nHost: ${HOST}\nX-A: b\r\n\r\n`,
    400,
  ),
  refused('a bare LF for the empty line', 'RFC 9112 2.2', `GET /a HTTP/1.1\r\nHost: ${HOST}\r\n\n`, 400),
  refused('two CRs before a line end', 'RFC 9112 2.2', withField('X-A: b\r'), 400),
  refused(
    'control characters in a value',
    'RFC 9110 5.5; MAL-CONTROL-CHARS-HEADER',
    withField('X-A: b\x01\x08c'),
    400,
  ),
  refused('a DEL in a value', 'RFC 9110 5.5', withField('X-A: b\x7f'), 400),
  refused('a line of spaces', 'RFC 9112 2.2; MAL-WHITESPACE-ONLY-LINE', withField('   '), 400),
  refused(
    'a name of 70,000 characters',
    'MAL-LONG-HEADER-NAME',
    withField(`X-${'a'.repeat(70_000)}: b`),
    400,
    431,
  ),
  refused(
    'a value of 70,000 characters',
    'MAL-LONG-HEADER-VALUE',
    withField(`X-A: ${'b'.repeat(70_000)}`),
    431,
  ),
  refused('a value just over the limit', 'RFC 6585 5', withField(`X-A: ${'b'.repeat(16_384)}`), 431),
  refused(
    '10,000 fields',
    'MAL-MANY-HEADERS',
    withField(...Array.from({ length: 10_000 }, (_, n) => `X-${n}: b`)),
    431,
  ),
  refused('101 fields', 'RFC 6585 5', withField(...Array.from({ length: 100 }, () => 'X: b')), 431),
  refused(
    'a name that runs into another',
    'CVE-2021-40346',
    withField(`Content-Length0${'a'.repeat(255)}:`, 'Content-Length 0: 5'),
    400,
  ),
  forwarded(
    'names with underscores',
    'SMUG-TRANSFER_ENCODING; SMUG-CL-UNDERSCORE',
    withField('Transfer_Encoding: chunked', 'Content_Length: 5', 'X_Forwarded_For: 1.1.1.1'),
    {
      line: 'GET /a',
      lacks: ['transfer_encoding', 'content_length', 'x_forwarded_for', 'transfer-encoding'],
    },
  ),
  forwarded(
    'a name that is a property of every object',
    'CWE-1321',
    withField('__proto__: x', 'constructor: y'),
    {
      line: 'GET /a',
      lacks: ['__proto__'],
      has: ['constructor: y'],
    },
  ),
  forwarded('bytes beyond ASCII in a value', 'RFC 9110 5.5', withField('X-A: caf\xe9'), {
    line: 'GET /a',
    has: ['x-a: caf\xe9'],
  }),
  forwarded('spaces around a value, and an empty one', 'RFC 9110 5.5', withField('X-A: \t b c\t ', 'X-B:'), {
    line: 'GET /a',
    has: ['x-a: b c', 'x-b: '],
  }),
  forwarded(
    'a claimed address',
    'CVE-2026-3635',
    withField(
      'X-Forwarded-For: 1.1.1.1',
      'Forwarded: for=1.1.1.1',
      'X-Real-IP: 1.1.1.1',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: other.example',
    ),
    {
      line: 'GET /a',
      has: ['x-forwarded-for: 127.0.0.1', 'x-forwarded-proto: http', `x-forwarded-host: ${HOST}`],
      lacks: ['x-real-ip'],
    },
  ),
  forwarded(
    'Connection that names what the front adds',
    'RFC 9110 7.6.1; CVE-2022-1388',
    withField('Connection: X-Forwarded-For, X-Forwarded-Host, Forwarded, Host, X-A', 'X-A: b'),
    {
      line: 'GET /a',
      has: ['x-forwarded-for: 127.0.0.1', `x-forwarded-host: ${HOST}`],
      lacks: ['x-a'],
    },
  ),
  forwarded(
    'fields of the connection',
    'RFC 9110 7.6.1',
    withField(
      'Connection: keep-alive',
      'Keep-Alive: timeout=99',
      'Proxy-Connection: keep-alive',
      'TE: gzip',
      'Proxy: http://evil.example/',
    ),
    {
      line: 'GET /a',
      lacks: ['keep-alive', 'proxy-connection', 'te', 'proxy'],
    },
  ),
  forwarded(
    'a path in a field that rewriters believe',
    'CVE-2018-14773',
    withField('X-Original-URL: /admin', 'X-Rewrite-URL: /admin'),
    {
      line: 'GET /a',
      lacks: ['x-original-url', 'x-rewrite-url'],
    },
  ),
];
