// A cache alone on its route is answered from by the wire lane, too: each answer is the one that the full lane gives, and
// whoever has to be asked first, or has a hand in what the client gets, keeps the route to the full lane.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RouteCache } from '../../packages/proxy/src/cache/routeCache.ts';
import { httpUpstream } from '../../packages/proxy/test/support/upstream.ts';
import { ask, type Answer, type Asked } from '../support/ask.ts';
import { start, valuesOf } from './start.ts';

const NOW = Date.parse('2026-01-02T03:04:05Z');
const SECOND_MS = 1000;
const BODY = '0123456789';
/** Of a password that nobody gives. */
const HASH = `$2b$04$${'a'.repeat(53)}`;

/** Tells how often it was asked, so that nothing looks like an answer to another request. */
const target = () => {
  let count = 0;
  return (request: IncomingMessage, response: ServerResponse): void => {
    const { pathname } = new URL(request.url ?? '', 'http://a');
    response.sendDate = false;
    response.writeHead(200, {
      date: new Date(NOW).toUTCString(),
      etag: '"tag"',
      'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT',
      'content-type': 'text/plain',
      ...(pathname === '/silent' ? {} : { 'cache-control': 'max-age=60' }),
      ...(pathname.startsWith('/vary/') && { vary: pathname.slice('/vary/'.length) }),
    });
    count += 1;
    response.end(`${BODY} ${count}`);
  };
};

const cached = async (keys: object): Promise<number> => {
  const { url } = await httpUpstream(target());
  const { httpsPort } = await start([{ path: '/', upstream: url, ...keys }]);
  return httpsPort;
};

/** But for the dates of the front's own answers, which no test can stop. */
const undated = (answer: Answer): Answer => ({
  ...answer,
  fields: answer.fields.map(([name, value]) => [
    name,
    /^date$/i.test(name) && value !== new Date(NOW).toUTCString() ? 'now' : value,
  ]),
});

/** What the wire lane found in the caches. */
const given = (): number => found.mock.results.filter(({ value }) => value !== undefined).length;
let found = vi.spyOn(RouteCache.prototype, 'fresh');

beforeEach(() => {
  found = vi.spyOn(RouteCache.prototype, 'fresh');
  vi.useFakeTimers({ toFake: ['Date'], now: NOW + SECOND_MS });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Each after the answer to the one before; how many of them the wire lane answers. */
type Case = readonly [name: string, hits: number, requests: readonly Partial<Asked>[]];

const get = (path: string, fields: Record<string, string> = {}): Partial<Asked> => ({ path, fields });
const A = get('/a');

const CASES: readonly Case[] = [
  ['hits, by HEAD too', 3, [A, A, { ...A, method: 'HEAD' }, A]],
  [
    'conditions',
    4,
    [A, ...['"tag"', 'W/"tag"', '*', '"x"'].map((tag) => get('/a', { 'if-none-match': tag }))],
  ],
  [
    'dates',
    2,
    [
      A,
      ...['02', '01'].map((day) => get('/a', { 'if-modified-since': `Fri, ${day} Jan 2026 00:00:00 GMT` })),
    ],
  ],
  [
    'parts',
    3,
    [
      A,
      get('/a', { range: 'bytes=2-4' }),
      get('/a', { range: 'bytes=99-' }),
      get('/a', { range: 'bytes=1-', 'if-range': '"x"' }),
    ],
  ],
  ['other addresses', 0, [A, get('/b'), get('/a?x'), get('/a?')]],
  ['methods', 1, [A, { ...A, method: 'POST' }, A, A]],
  ['a method in disguise', 0, [A, get('/a', { 'x-http-method-override': 'DELETE' })]],
  ['a body', 0, [A, get('/a', { 'content-length': '0' }), get('/a', { 'if-match': '"x"' })]],
  [
    'credentials and cookies',
    2,
    [A, get('/a', { authorization: 'Basic eDp5' }), get('/a', { cookie: 'a=b' })],
  ],
  [
    'what the front alone holds to be good',
    1,
    [
      get('/silent'),
      get('/silent'),
      get('/silent', { cookie: 'a=b' }),
      get('/silent', { authorization: 'x' }),
    ],
  ],
  [
    'variants',
    2,
    ['de', 'en', 'de', 'en'].map((language) => get('/vary/accept-language', { 'accept-language': language })),
  ],
  [
    'variants by what is no longer among the fields',
    0,
    [...['a', 'b', 'a'].map((value) => get('/vary/proxy', { proxy: value })), get('/vary/proxy')],
  ],
];

describe.each(['h1', 'h2'] as const)('%s', (protocol) => {
  it.each(CASES)('%s: the same in either lane', async (_name, hits, requests) => {
    const cache = { lifetime: '30s' };
    const run = async (keys: object): Promise<readonly Answer[]> => {
      const port = await cached({ cache, ...keys });
      const answers: Answer[] = [];
      for (const request of requests)
        answers.push(undated(await ask(port, protocol, { path: '/', ...request })));
      return answers;
    };
    const full = await run({ tracing: 'on' });
    expect(found).not.toHaveBeenCalled();
    expect(await run({})).toEqual(full);
    expect(given()).toBe(hits);
  });

  it('an answer grows old, and is not given when it is stale', async () => {
    const port = await cached({ cache: 'on' });
    const asking = async () => (await ask(port, protocol, { path: '/a' })).body.toString();
    await asking();
    vi.setSystemTime(NOW + 59 * SECOND_MS);
    const { fields, body } = await ask(port, protocol, { path: '/a' });
    expect(body.toString()).toBe(`${BODY} 1`);
    expect(valuesOf(fields, 'age')).toEqual(['59']);
    expect(valuesOf(fields, 'date')).toHaveLength(1);
    vi.setSystemTime(NOW + 60 * SECOND_MS);
    expect(await asking()).toBe(`${BODY} 2`);
    expect(given()).toBe(1);
  });
});

it.each([
  ['auth', { basic: { users: { a: HASH } } }],
  ['auth', { forward: { url: 'http://127.0.0.1:1/' } }],
  ['headers', { response: { set: { 'x-a': '1' } } }],
  ['cors', { origins: ['https://b.test'] }],
  ['compress', 'on'],
  ['tracing', 'on'],
  ['serverTiming', 'on'],
  ['stripPrefix', 'on'],
])('with %s the wire lane does not look into the cache', async (key, value) => {
  const port = await cached({ path: '/', cache: 'on', [key]: value });
  for (let count = 0; count < 2; count++) await ask(port, 'h1', { path: '/a' });
  expect(found).not.toHaveBeenCalled();
});

it('guards are asked once for each request, whichever lane answers it', async () => {
  const port = await cached({ cache: 'on', rateLimit: { requests: 3, per: '1h' } });
  const statuses = [];
  for (let count = 0; count < 4; count++) statuses.push((await ask(port, 'h1', { path: '/a' })).status);
  expect(statuses).toEqual([200, 200, 200, 429]);
  expect(given()).toBe(3);
});
