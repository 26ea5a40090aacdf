// The wire lane against the full lane: streams of plain, odd and broken requests, pipelined and cut at any byte, must
// give the same upstream requests, the same requests to an app, and the same answers. FUZZ_STREAMS sets how many (100,000 under CI).
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import { join } from 'node:path';
import { lanePair, type Transcript } from './memory/lanes.ts';

/** Errors that lanes make and drop: where they came from is a sixth of the time. */
Error.stackTraceLimit = 0;
const STREAMS = Number(process.env['FUZZ_STREAMS'] ?? (process.env['CI'] === 'true' ? 100_000 : 3000));
/** Streams under way at once, each on lanes of its own: Node's server needs turns of the loop, not time. */
const BATCH = 40;
const MINUTE_MS = 60_000;
let ran = 0;

const state = mkdtempSync(join(tmpdir(), 'tollgate-differential-'));
afterAll(() => rmSync(state, { recursive: true, force: true }));

/** A part of a request; `plain`: one of the usual kind, which stays in the wire lane. */
interface Part {
  readonly text: string;
  readonly plain: boolean;
}

const part =
  (plain: boolean) =>
  (text: string): Part => ({ text, plain });
const weighted = (usual: readonly string[], odd: readonly string[]): fc.Arbitrary<Part> =>
  fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...usual.map(part(true))) },
    { weight: 1, arbitrary: fc.constantFrom(...odd.map(part(false))) },
  );

const method = weighted(
  ['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'],
  ['get', 'TRACE', 'CONNECT', 'PROPFIND', 'G\u00e9T', ''],
);
const ofApp = [
  '/app/json /app/json?c=d /app/bytes /app/text /app/nothing /app/stream /app/throws /app/trailer /app/pieces',
  '/app/bare /app/hop /app/flushed /app/after /app/breaks /app/breaks-late /app/missing /app/edited',
].flatMap((paths) => paths.split(' ').map(part(true)));
const elsewhere = weighted(
  [
    '/',
    '/memory',
    '/a/b?c=d',
    '/gone',
    '/a%20b',
    '/x',
    '/files/',
    '/files/index.html?x',
    '/edited/a?b=c',
    '/edited/memory',
    '/changed/a?b=c',
    '/changed/memory',
  ],
  [
    '/files/.env',
    '/files/%2fx',
    '*',
    'http://a.test/abs',
    '/a/../b',
    '//x',
    '/a//b',
    '/%41',
    '/%2e%2e',
    '/a#b',
    '/a\\b',
    `/${'l'.repeat(120)}`,
    '/\u00e9',
    '',
  ],
);
const target = fc.oneof(
  { weight: 2, arbitrary: elsewhere },
  { weight: 1, arbitrary: fc.constantFrom(...ofApp) },
);
const version = weighted(['HTTP/1.1'], ['HTTP/1.0', 'HTTP/2.0', 'http/1.1', 'HTTP/1.2', '']);
const host = weighted(
  ['Host: a.test'],
  [
    'Host: A.test',
    'Host: a.test:80',
    'Host: a.test:8080',
    'Host: ',
    'Host: u@a',
    'Host: a.test\r\nHost: a.test',
    'X: y',
    'Host: 127.1',
    'Host: [::1]',
  ],
);
const field = weighted(
  [
    'Accept: */*',
    'User-Agent: t',
    'Cookie: a=b',
    'X-A: 1',
    'Accept-Encoding: gzip',
    'If-None-Match: *',
    'If-Modified-Since: Fri, 02 Jan 2099 03:04:05 GMT',
    'Range: bytes=1-3',
    'Connection: keep-alive',
  ],
  [
    'Accept-Encoding: br;q=0.5, zstd',
    'If-None-Match: "x"',
    'If-Match: "x"',
    'If-Unmodified-Since: Fri, 02 Jan 2015 03:04:05 GMT',
    'If-Range: "x"',
    'Range: bytes=9999-',
    'Range: \t bytes=-2 ',
    'If-None-Match: "x"\r\nIf-None-Match: *',
    'Accept-Encoding:',
    'X-Forwarded-For: 1.2.3.4',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Host: other.test',
    'X-Forwarded-Port: 1',
    'X-Request-Id: mine',
    'X-Request-Start: t=1',
    'X-Forwarded-Tls: a b',
    'Forwarded: for=1.2.3.4',
    'X-Real-IP: 1.2.3.4',
    'Via: 1.0 other',
    'Proxy: evil',
    'X_A: 1',
    'Connection: close',
    'Connection: close, X-A',
    'Connection: Upgrade\r\nUpgrade: websocket',
    'TE: trailers',
    'Keep-Alive: 5',
    'Proxy-Connection: keep-alive',
    'Expect: 100-continue',
    'Expect: 200-maybe',
    'Cookie: a=b\r\nCookie: c=d',
    'X-A : 1',
    'X-A: 1\r\n folded',
    'X-A: \u0000',
    'X-A: \u00e9',
    'X-A:\t tab \t',
    'X-A:',
    ': nameless',
    'Trailer: X-T',
    `X-Long: ${'v'.repeat(700)}`,
    'Content-Length: 0',
    'Transfer-Encoding: chunked',
  ],
);
const body = weighted(
  ['', 'sized', 'chunked'],
  [
    'sized-twice',
    'chunked-ext',
    'chunked-trailer',
    'chunked-bad',
    'both',
    'te-gzip',
    'cl-plus',
    'large',
    'large-chunked',
  ],
);

const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;

const BODIES: Readonly<Record<string, readonly [lines: string, body: string]>> = {
  '': ['', ''],
  sized: ['Content-Length: 5\r\n', 'hello'],
  chunked: ['Transfer-Encoding: chunked\r\n', `${chunk('hel')}${chunk('lo')}0\r\n\r\n`],
  'sized-twice': ['Content-Length: 5\r\nContent-Length: 5\r\n', 'hello'],
  'chunked-ext': ['Transfer-Encoding: chunked\r\n', '5;a=b\r\nhello\r\n0;x\r\n\r\n'],
  'chunked-trailer': ['Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n0\r\nX-T: 1\r\nHost: evil\r\n\r\n'],
  'chunked-bad': ['Transfer-Encoding: chunked\r\n', '5\r\nhelloX\r\n0\r\n\r\n'],
  both: ['Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'],
  'te-gzip': ['Transfer-Encoding: gzip, chunked\r\n', '0\r\n\r\n'],
  'cl-plus': ['Content-Length: +5\r\n', 'hello'],
  large: ['Content-Length: 300\r\n', 'x'.repeat(300)],
  'large-chunked': ['Transfer-Encoding: chunked\r\n', `${chunk('x'.repeat(150)).repeat(2)}0\r\n\r\n`],
};

const request: fc.Arbitrary<Part> = fc
  .tuple(
    method,
    target,
    version,
    host,
    fc.uniqueArray(field, { maxLength: 4, selector: ({ text }) => text }),
    body,
    weighted(['\r\n'], ['\n']),
  )
  .map(([verb, path, protocol, name, fields, kind, eol]) => {
    const [framing, bytes] = BODIES[kind.text] ?? ['', ''];
    // Whether a file is there before the end of a body is the disk's affair, and without a length that decides over the
    // connection: it is closed rather than read without bound.
    const asked = framing.includes('Transfer-Encoding') ? path.text.replace('/files/', '/') : path.text;
    const head = [`${verb.text} ${asked} ${protocol.text}`, name.text, ...fields.map(({ text }) => text)];
    const names = new Set(fields.map(({ text }) => text.split(':')[0]));
    const handedOver =
      names.size < fields.length || (kind.text !== '' && /^\/(app|edited)\//.test(path.text));
    const plain = !handedOver && [verb, path, protocol, name, kind, eol, ...fields].every((one) => one.plain);
    return { text: `${head.join('\r\n')}\r\n${framing}\r\n`.replaceAll('\r\n', eol.text) + bytes, plain };
  });

interface Stream {
  readonly requests: readonly Part[];
  readonly trusted: boolean;
  readonly cuts: readonly number[];
}

const stream: fc.Arbitrary<Stream> = fc.record({
  requests: fc.array(request, { minLength: 1, maxLength: 3 }),
  trusted: fc.boolean(),
  cuts: fc.array(fc.nat({ max: 1000 }), { maxLength: 3 }),
});

/**
 * Node's server answers a request differently when a broken one comes with it in one piece, or when its body comes later
 * than its head. So the full lane gets one request at a time, and so does the wire lane from where it hands over: up to
 * the end of that head it is cut anywhere.
 */
function cutsOf({ requests, cuts }: Stream): number[] {
  const first = requests.findIndex(({ plain }) => !plain);
  if (first < 0) return [...cuts];
  let at = 0;
  const ends = requests.map(({ text }) => (at += text.length));
  const { text } = requests[first] ?? { text: '' };
  const head = (ends[first - 1] ?? 0) + text.search(/\r?\n\r?\n|$/);
  return [...cuts.map((cut) => cut % (head + 1)), ...ends];
}

function cutAt(text: string, cuts: readonly number[]): string[] {
  const ends = [...new Set([...cuts.map((cut) => cut % (text.length + 1)), text.length])].sort(
    (a, b) => a - b,
  );
  return ends.map((end, index) => text.slice(ends[index - 1] ?? 0, end));
}

describe('wire lane against full lane', () => {
  it(
    `the same upstream requests and the same answers, over ${STREAMS} streams`,
    async () => {
      const pairs = await Promise.all(
        Array.from({ length: 2 * BATCH }, (_, at) => lanePair(at % 2 === 1, state)),
      );
      await fc.assert(
        fc.asyncProperty(
          fc.array(stream, { minLength: 1, maxLength: BATCH, size: 'max' }),
          async (streams) => {
            const runs = streams.map(async (given, at) => {
              const pair = pairs[2 * at + (given.trusted ? 1 : 0)];
              if (pair === undefined) throw new Error('more streams than lanes');
              const requests = given.requests.map(({ text }) => text);
              const expected = comparable(await pair.full.run(requests));
              const got = comparable(await pair.wire.run(cutAt(requests.join(''), cutsOf(given))));
              ran++;
              return { given, got, expected };
            });
            const differing = (await Promise.all(runs)).filter(
              ({ got, expected }) => !isDeepStrictEqual(got, expected),
            );
            expect(differing).toEqual([]);
          },
        ),
        { numRuns: Math.ceil(STREAMS / (BATCH / 2)) },
      );
      expect(pairs.map(({ full, wire }) => full.active + wire.active).every((active) => active === 0)).toBe(
        true,
      );
      expect(ran).toBeGreaterThanOrEqual(STREAMS * 0.8);
    },
    20 * MINUTE_MS,
  );
});

/** Answers field by field: their order and the casing of names are free (RFC 9110 5.1, 5.3). */
function comparable({ output, closed, asked }: Transcript): object {
  return { answers: output.split(/(?=HTTP\/1\.1 \d{3} )/).map(normal), closed, asked };
}

function normal(answer: string): string {
  const end = answer.indexOf('\r\n\r\n');
  const [line = '', ...lines] = answer.slice(0, end).split('\r\n');
  const fields = lines.map((one) => one.replace(/^[^:]*/, (name) => name.toLowerCase())).sort();
  return [line, ...fields, '', answer.slice(end + 4)].join('\n');
}
