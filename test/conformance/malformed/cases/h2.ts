// Malformed HTTP/2 requests, above all those that would become two requests when they are written as HTTP/1.1.
import { HOST, type Arrival } from '../case.ts';
import type { HeaderList, Outcome } from '../h2-frames.ts';

export interface H2Case {
  readonly name: string;
  readonly source: string;
  readonly headers: HeaderList;
  /** A DATA frame each. */
  readonly body: readonly string[];
  /** What is a refusal of it; none: it must be forwarded. */
  readonly refusals: readonly Outcome[];
  /** What may reach the target; `undefined`: it must be refused. */
  readonly arrival: Arrival | undefined;
  /** A prefix of it was a whole request, and may have reached the target before it was refused. */
  readonly late: boolean;
}

type Pseudo = Readonly<Partial<Record<':method' | ':scheme' | ':authority' | ':path', string | undefined>>>;

/** A GET of the site; a pseudo-header that is undefined is left out. */
function request(pseudo: Pseudo, ...fields: HeaderList): HeaderList {
  const all = { ':method': 'GET', ':scheme': 'https', ':authority': HOST, ':path': '/a', ...pseudo };
  const given = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return [...given, ...fields];
}

/** By the gate with a status, or by nghttp2 before it. */
const REFUSED: readonly Outcome[] = [400, 'reset', 'closed'];
const UNSUPPORTED: readonly Outcome[] = [400, 405, 501, 'reset', 'closed'];

function refused(
  name: string,
  source: string,
  headers: HeaderList,
  body?: string,
  refusals = REFUSED,
): H2Case {
  return { name, source, headers, body: framesOf(body), refusals, arrival: undefined, late: false };
}

function forwarded(
  name: string,
  source: string,
  headers: HeaderList,
  arrival: Arrival,
  body?: string,
): H2Case {
  return { name, source, headers, body: framesOf(body), refusals: [], arrival, late: false };
}

/** What comes in time is a request of its own; what comes after it must be lost. */
function refusedLate(
  name: string,
  source: string,
  headers: HeaderList,
  body: readonly string[],
  arrival: Arrival,
): H2Case {
  return { name, source, headers, body, refusals: REFUSED, arrival, late: true };
}

function framesOf(body: string | undefined): readonly string[] {
  return body === undefined ? [] : [body];
}

/** RFC 9113 8.2.1 wants it refused; nghttp2 leaves the field out and goes on, which loses nothing but the field. */
function refusedOrLeftOut(name: string, field: readonly [name: string, value: string]): H2Case {
  const arrival = { line: 'GET /a', lacks: ['x-a', 'x-c', 'x a', ''] };
  return {
    name,
    source: 'RFC 9113 8.2.1',
    headers: request({}, field),
    body: [],
    refusals: REFUSED,
    arrival,
    late: false,
  };
}

const SMUGGLED = `GET /smuggled HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;
const POST: Pseudo = { ':method': 'POST' };
const path = (value: string): HeaderList => request({ ':path': value });
const host = (value: string): HeaderList => request({ ':authority': value });
const field = (name: string, value: string): HeaderList => request({}, [name, value]);

export const H2_CASES: readonly H2Case[] = [
  refused(
    'H2.TE: a coding',
    'RFC 9113 8.2.2; CVE-2021-33193',
    request(POST, ['transfer-encoding', 'chunked']),
    `0\r\n\r\n${SMUGGLED}`,
  ),
  refusedLate(
    'H2.CL: a length of zero and a body',
    'RFC 9113 8.1.1; CVE-2021-21295',
    request(POST, ['content-length', '0']),
    [SMUGGLED],
    { line: 'POST /a' },
  ),
  refusedLate(
    'H2.CL: a body of its length and more in the next frame',
    'RFC 9113 8.1.1; CVE-2021-21295',
    request(POST, ['content-length', '4']),
    ['abcd', SMUGGLED],
    { line: 'POST /a', body: 'abcd' },
  ),
  refused(
    'H2.CL: a length shorter than the body',
    'RFC 9113 8.1.1',
    request(POST, ['content-length', '4']),
    `abcd${SMUGGLED}`,
  ),
  refused(
    'H2.CL: a length longer than the body',
    'RFC 9113 8.1.1',
    request(POST, ['content-length', '400']),
    'abcd',
  ),
  refused('a length without a body', 'RFC 9113 8.1.1', request(POST, ['content-length', '4'])),
  refused(
    'two lengths',
    'RFC 9110 8.6',
    request(POST, ['content-length', '4'], ['content-length', '5']),
    'abcd',
  ),
  refused('a list of lengths', 'RFC 9110 8.6', request(POST, ['content-length', '4, 4']), 'abcd'),
  refused('a length with a plus', 'RFC 9110 8.6', request(POST, ['content-length', '+4']), 'abcd'),
  refusedOrLeftOut('a line break in a value', ['x-a', `b\r\n\r\n${SMUGGLED}`]),
  refusedOrLeftOut('a bare LF in a value', ['x-a', 'b\nx-c: d']),
  refusedOrLeftOut('a NUL in a value', ['x-a', 'b\0c']),
  refusedOrLeftOut('a line break in a name', ['x-a: b\r\nx-c', 'd']),
  refusedOrLeftOut('a colon in a name', ['x-a: b', 'c']),
  refusedOrLeftOut('a space in a name', ['x a', 'b']),
  refused('capitals in a name', 'RFC 9113 8.2', field('X-A', 'b')),
  refusedOrLeftOut('an empty name', ['', 'b']),
  refused('Connection', 'RFC 9113 8.2.2', field('connection', 'keep-alive')),
  refused('Keep-Alive', 'RFC 9113 8.2.2', field('keep-alive', 'timeout=5')),
  refused('Proxy-Connection', 'RFC 9113 8.2.2', field('proxy-connection', 'keep-alive')),
  refused('Upgrade', 'RFC 9113 8.2.2', field('upgrade', 'websocket')),
  refused('TE other than trailers', 'RFC 9113 8.2.2', field('te', 'gzip')),
  refused(
    'a second request in the path',
    'RFC 9113 8.3.1',
    path(`/ HTTP/1.1\r\nHost: ${HOST}\r\n\r\nGET /smuggled`),
  ),
  refused('a space in the path', 'RFC 9113 8.3.1', path('/a b')),
  refused('no slash in the path', 'RFC 9113 8.3.1', path('a')),
  refused('an empty path', 'RFC 9113 8.3.1', path('')),
  refused('absolute-form in the path', 'RFC 9113 8.3.1', path(`https://${HOST}/a`)),
  refused('`*` for GET', 'RFC 9113 8.3.1', path('*')),
  refused('a fragment', 'RFC 9110 7.1', path('/a#b')),
  refused('a backslash', 'WHATWG URL', path('/a\\b')),
  refused('dots above the root', 'RFC 3986 5.2.4', path('/../etc/passwd')),
  refused('an encoded line break', 'CVE-2023-25690', path('/a%0d%0ab')),
  refused(
    'a second request in the method',
    'RFC 9113 8.3.1',
    request({ ':method': `GET /smuggled HTTP/1.1\r\nHost: ${HOST}\r\n\r\nGET` }),
    undefined,
    UNSUPPORTED,
  ),
  refused('a method in lower case', 'RFC 9110 9.1', request({ ':method': 'get' }), undefined, UNSUPPORTED),
  refused('TRACE', 'RFC 9110 9.3.8', request({ ':method': 'TRACE' }), undefined, UNSUPPORTED),
  refused(
    'CONNECT',
    'RFC 9113 8.5',
    request({ ':method': 'CONNECT', ':scheme': undefined, ':path': undefined }),
    undefined,
    UNSUPPORTED,
  ),
  refused(
    'an extended CONNECT',
    'RFC 8441 4',
    request({ ':method': 'CONNECT' }, [':protocol', 'websocket']),
    undefined,
    UNSUPPORTED,
  ),
  refused('no authority and no Host', 'RFC 9113 8.3.1', request({ ':authority': undefined })),
  refused('an empty authority', 'RFC 9113 8.3.1', host('')),
  refused('user information in the authority', 'RFC 9113 8.3.1', host(`u@${HOST}`)),
  refused('a path in the authority', 'RFC 9113 8.3.1', host(`${HOST}/a`)),
  refused('two names in the authority', 'RFC 9113 8.3.1', host(`${HOST},other.example`)),
  refused('a line break in the authority', 'RFC 9113 8.2.1', host(`${HOST}\r\nx-a: b`)),
  refused('another Host', 'RFC 9113 8.3.1', field('host', 'other.example')),
  refused('two Hosts', 'RFC 9110 7.2', request({}, ['host', HOST], ['host', HOST])),
  refused('two paths', 'RFC 9113 8.3', request({}, [':path', '/b'])),
  refused('a pseudo-header after a field', 'RFC 9113 8.3', [
    ...request({ ':path': undefined }, ['x-a', 'b']),
    [':path', '/a'],
  ]),
  refused('a pseudo-header nobody knows', 'RFC 9113 8.3', field(':x', 'b')),
  refused('the pseudo-header of answers', 'RFC 9113 8.3', field(':status', '200')),
  refused('no method', 'RFC 9113 8.3.1', request({ ':method': undefined })),
  refused('no scheme', 'RFC 9113 8.3.1', request({ ':scheme': undefined })),
  refused('no path', 'RFC 9113 8.3.1', request({ ':path': undefined })),
  refused('an expectation nobody knows', 'RFC 9110 10.1.1', field('expect', '200-ok'), undefined, [
    417,
    'reset',
  ]),
  refused('a header list over the limit', 'RFC 9113 10.5.1', field('x-a', 'b'.repeat(40_000)), undefined, [
    431,
    'reset',
    'closed',
  ]),
  refused('a host that is not served', 'RFC 9110 7.4', host('other.example'), undefined, [421]),
  forwarded('nothing wrong', 'RFC 9113 8', request({}), {
    line: 'GET /a',
    has: ['x-forwarded-proto: https'],
  }),
  forwarded(
    'a body of no announced length',
    'RFC 9113 8.1',
    request(POST),
    { line: 'POST /a', body: SMUGGLED },
    SMUGGLED,
  ),
  forwarded(
    'a body of its announced length',
    'RFC 9113 8.1.1',
    request(POST, ['content-length', '4']),
    { line: 'POST /a', body: 'abcd' },
    'abcd',
  ),
  forwarded(
    'Host beside an equal authority',
    'RFC 9113 8.3.1',
    request({ ':authority': 'SITE.example.:443' }, ['host', HOST]),
    { line: 'GET /a' },
  ),
  forwarded(
    'Host in place of the authority',
    'RFC 9113 8.3.1',
    request({ ':authority': undefined }, ['host', HOST]),
    { line: 'GET /a' },
  ),
  forwarded('dot segments', 'RFC 3986 5.2.4', path('/%61/./b/../c'), { line: 'GET /a/c' }),
  forwarded('another scheme than the connection', 'RFC 9113 8.3.1', request({ ':scheme': 'http' }), {
    line: 'GET /a',
    has: ['x-forwarded-proto: https'],
  }),
  refused('an address for scheme', 'RFC 9113 8.3.1', request({ ':scheme': 'https://evil.example/?' })),
  forwarded('Cookie in pieces', 'RFC 9113 8.2.3', request({}, ['cookie', 'a=1'], ['cookie', 'b=2']), {
    line: 'GET /a',
    has: ['cookie: a=1; b=2'],
  }),
  forwarded(
    'names with underscores',
    'CWE-444',
    request({}, ['transfer_encoding', 'chunked'], ['content_length', '4']),
    {
      line: 'GET /a',
      lacks: ['transfer_encoding', 'content_length'],
    },
  ),
  forwarded('TE: trailers', 'RFC 9113 8.2.2', field('te', 'trailers'), { line: 'GET /a' }),
];
