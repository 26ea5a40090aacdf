import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { directoryWith, load, problemsOf } from './support.ts';

const site = (keys: string, ...routes: string[]): string =>
  `sites:\n  - hosts: '*'\n    ${keys}\n    routes:\n${routes.map((route) => `      - ${route}\n`).join('')}`;

const policies = (text: string): unknown[] =>
  load(text).config.sites[0]?.routes.map(({ policy }) => policy) ?? [];

describe('the policy of a route', () => {
  it('is that of its site, key by key, unless it has the key itself', () => {
    const text = site(
      'deny: 192.0.2.1',
      '{ path: /a, respond: {} }',
      '{ path: /b, respond: {}, deny: [192.0.2.2, 2001:db8::/32] }',
      '{ path: /c, respond: {}, allow: [10.0.0.0/8, unix] }',
    );
    expect(policies(text)).toEqual([
      { access: { allow: undefined, deny: ['192.0.2.1'] } },
      { access: { allow: undefined, deny: ['192.0.2.2', '2001:db8::/32'] } },
      { access: { allow: ['10.0.0.0/8', 'unix'], deny: ['192.0.2.1'] } },
    ]);
  });

  it('withholds what its site does, unless it says otherwise', () => {
    const text = site(
      "withhold: ['\\.php$', ^/private]",
      '{ path: /a, respond: {} }',
      "{ path: /b, respond: {}, withhold: '\\.sql$' }",
    );
    expect(policies(text)).toEqual([{ withhold: ['\\.php$', '^\\/private'] }, { withhold: ['\\.sql$'] }]);
  });

  it('compresses what its site does, unless it says otherwise', () => {
    const text = site(
      'compress: on',
      '{ path: /a, respond: {} }',
      '{ path: /b, respond: {}, compress: off }',
      '{ path: /c, respond: {}, compress: { types: [Text/*], minSize: 2KB, encodings: [gzip] } }',
    );
    expect(policies(text)).toEqual([
      { compress: { encodings: ['br', 'zstd', 'gzip'], types: undefined, minBytes: 1024 } },
      {},
      { compress: { encodings: ['gzip'], types: ['text/*'], minBytes: 2048 } },
    ]);
  });

  it('keeps answers as its site does, unless it says otherwise', () => {
    const text = site(
      'cache: on',
      '{ path: /a, respond: {} }',
      '{ path: /b, respond: {}, cache: off }',
      '{ path: /c, respond: {}, microcache: 1s }',
      '{ path: /d, respond: {}, cache: { size: 2MB, maxBody: 1MB, staleIfError: 1h, cookies: ignore } }',
    );
    const on = {
      of: 'site',
      limitBytes: 64 * 2 ** 20,
      bodyBytes: 2 ** 20,
      lifetimeMs: undefined,
      heuristic: false,
      cookies: 'bypass',
      staleWhileRevalidateMs: 0,
      staleIfErrorMs: 0,
      waitMs: 5000,
      waiting: 1000,
      clientDirectives: 'ignore',
      cacheStatus: true,
    };
    const own = { ...on, of: 'route' };
    expect(policies(text)).toEqual([
      { cache: on },
      {},
      { cache: { ...own, lifetimeMs: 1000 } },
      // A quarter of the size is the most that one answer may take.
      {
        cache: {
          ...own,
          limitBytes: 2 ** 21,
          bodyBytes: 2 ** 19,
          staleIfErrorMs: 3_600_000,
          cookies: 'ignore',
        },
      },
    ]);
  });

  it('keeps large answers in a directory beside the configuration', () => {
    const directory = directoryWith();
    const text = site('', '{ path: /, respond: {}, cache: { disk: { directory: large, size: 100MB } } }');
    const { policy } = load(text, { directory }).config.sites[0]?.routes[0] ?? {};
    const MB = 2 ** 20;
    const expected = { directory: join(directory, 'large'), limitBytes: 100 * MB, bodyBytes: 25 * MB };
    expect(policy?.cache?.disk).toEqual(expected);
    expect(problemsOf(text.replace('large', 'none/large'), { directory })).toEqual([
      't.yaml:5:61: sites[0].routes[0].cache.disk.directory: expected a directory to write in, got "none/large" (there is no ./none)',
    ]);
  });

  it('has fields to set, add and remove, in their order', () => {
    const headers =
      '{ request: { set: { X-A: 1 }, remove: [cookie] }, response: { add: { link: x } }, security: on }';
    expect(policies(site('', `{ path: /, respond: {}, headers: ${headers} }`))).toEqual([
      {
        headers: {
          request: { set: [['X-A', '1']], remove: ['cookie'] },
          response: { set: [], add: [['link', 'x']], remove: [] },
          security: true,
        },
      },
    ]);
  });
});

describe('mistakes in a policy', () => {
  it('of a cache are located', () => {
    const text = site(
      '',
      '{ path: /a, respond: {}, cache: 64MB }',
      '{ path: /b, respond: {}, cache: { size: 1KB, cookies: keep, ttl: 1s } }',
      '{ path: /c, respond: {}, microcache: 1 }',
      '{ path: /d, respond: {}, cache: { lifetime: 5s }, microcache: 1s }',
      '{ path: /e, respond: {}, cache: off, microcache: 1s }',
    );
    expect(problemsOf(text)).toEqual([
      't.yaml:5:41: sites[0].routes[0].cache: expected on, off, or a mapping such as { size: 64MB, staleIfError: 1h }, got "64MB"',
      't.yaml:6:49: sites[0].routes[1].cache.size: expected a size from 1MB to 1TB such as 64KB or 10MB, got "1KB"',
      't.yaml:6:63: sites[0].routes[1].cache.cookies: expected bypass or ignore, got "keep"',
      't.yaml:6:69: sites[0].routes[1].cache.ttl: expected one of size, maxBody, disk, lifetime, heuristic, cookies, staleWhileRevalidate, staleIfError, wait, waiting, clientDirectives, cacheStatus, got "ttl"',
      't.yaml:7:46: sites[0].routes[2].microcache: expected a duration from 1ms to 24h such as 500ms, 30s or 2m, got 1',
      't.yaml:8:59: sites[0].routes[3].microcache: expected one word on how long answers are kept, got cache.lifetime beside it',
      't.yaml:9:46: sites[0].routes[4].microcache: expected one word on how long answers are kept, got cache: off beside it',
    ]);
  });

  it('of what is withheld are located, and what a directory would send of it by itself', () => {
    const directory = directoryWith();
    const text = site(
      "withhold: '\\.php$'",
      '{ path: /a, respond: {}, withhold: [(] }',
      '{ path: /b/, files: { directory: ., index: [index.html, index.PHP], fallback: /front.php } }',
      "{ path: /c/, files: { directory: ., index: [index.php] }, withhold: '^/private' }",
    );
    expect(problemsOf(text, { directory })).toEqual([
      't.yaml:5:45: sites[0].routes[0].withhold[0]: expected a regular expression (JavaScript, at most 500 characters), got "("',
      't.yaml:6:65: sites[0].routes[1].files.index[1]: expected a file that withhold lets pass, got "index.PHP" (it has \\.php$)',
      't.yaml:6:87: sites[0].routes[1].files.fallback: expected a file that withhold lets pass, got "front.php" (it has \\.php$)',
    ]);
  });

  it('of compression are located', () => {
    const text = site(
      '',
      '{ path: /a, respond: {}, compress: maybe }',
      '{ path: /b, respond: {}, compress: { types: [html], minSize: 1, encodings: [deflate], level: 9 } }',
    );
    expect(problemsOf(text)).toEqual([
      't.yaml:5:44: sites[0].routes[0].compress: expected on, off, or a mapping with encodings, types and minSize, got "maybe"',
      't.yaml:6:54: sites[0].routes[1].compress.types[0]: expected a media type such as text/html, or text/* for all of its kind, got "html"',
      't.yaml:6:70: sites[0].routes[1].compress.minSize: expected a size from 0B to 10MB such as 64KB or 10MB, got 1',
      't.yaml:6:85: sites[0].routes[1].compress.encodings[0]: expected br, zstd or gzip, got "deflate"',
      't.yaml:6:95: sites[0].routes[1].compress.level: expected one of encodings, types, minSize, got "level"',
    ]);
  });

  it('are located', () => {
    const text = site(
      'allow: [10.0.0.0/33]',
      '{ path: /a, respond: {}, deny: all }',
      '{ path: /b, respond: {}, headers: { security: maybe, response: { set: { Connection: close } } } }',
      '{ path: /c, respond: {}, headers: { request: { set: { X-Forwarded-For: 1, Host: b }, remove: [te] } } }',
    );
    const client = 'expected any, unix, an IP address or a CIDR';
    const vouched = 'expected a header name that the front does not write itself';
    expect(problemsOf(text)).toEqual([
      `t.yaml:3:13: sites[0].allow[0]: ${client}, got "10.0.0.0/33"`,
      `t.yaml:5:40: sites[0].routes[0].deny: ${client}, got "all"`,
      't.yaml:6:55: sites[0].routes[1].headers.security: expected on or off, got "maybe"',
      't.yaml:6:81: sites[0].routes[1].headers.response.set.Connection: expected a header name that is not of the connection, got "Connection"',
      `t.yaml:7:63: sites[0].routes[2].headers.request.set.X-Forwarded-For: ${vouched}, got "X-Forwarded-For"`,
      `t.yaml:7:83: sites[0].routes[2].headers.request.set.Host: ${vouched}, got "Host"`,
      `t.yaml:7:103: sites[0].routes[2].headers.request.remove[0]: ${vouched}, got "te"`,
    ]);
  });
});

describe('mistakes about who may come in', () => {
  it('are located, and never show a hash of a file', () => {
    const directory = directoryWith({ users: 'ann:$apr1$secret\n\n# bob\nnobody\n', none: '\n' });
    const text = site(
      '',
      '{ path: /a, respond: {}, auth: { basic: { users: { "a:b": x, eve: secret } } } }',
      '{ path: /b, respond: {}, auth: { basic: {} } }',
      '{ path: /c, respond: {}, auth: { basic: { file: users } } }',
      '{ path: /d, respond: {}, auth: { basic: { file: none } } }',
      '{ path: /e, respond: {}, auth: { forward: { url: "http://me:secret@auth/", copy: [Host] } } }',
      '{ path: /f, respond: {}, cors: { origins: any, credentials: on } }',
      '{ path: /g, respond: {}, cors: { origins: https://a.example/ } }',
      '{ path: /h, respond: {}, rewrite: [{ match: "(", to: x }] }',
      '{ path: /i, respond: {}, errorPages: { 200: users, 404: missing.html } }',
    );
    const problems = problemsOf(text, { directory }).map((line) =>
      line.replace(/^t\.yaml:\d+:\d+: sites\[0\]\.routes/, ''),
    );
    expect(problems).toEqual([
      '[0].auth.basic.users.a:b: expected a user name without colon, got "a:b"',
      expect.stringMatching(/^\[0\]\.auth\.basic\.users\.eve: expected a bcrypt hash .*, got "secret"$/),
      '[1].auth.basic: expected users or file, got a mapping',
      expect.stringMatching(/^\[2\]\.auth\.basic\.file: .*got "users" \(line 1 has none\)$/),
      expect.stringMatching(/^\[2\]\.auth\.basic\.file: .*got "users" \(line 4 has none\)$/),
      expect.stringMatching(/^\[3\]\.auth\.basic\.file: .*got "none" \(it has no user\)$/),
      expect.stringMatching(/^\[4\]\.auth\.forward\.url: expected an address such as /),
      '[4].auth.forward.copy[0]: expected a header name that the front does not write itself, got "Host"',
      '[5].cors.origins: expected the origins by name where credentials are on, got "any"',
      expect.stringMatching(
        /^\[6\]\.cors\.origins: expected an origin such as .*got "https:\/\/a.example\/"$/,
      ),
      expect.stringMatching(/^\[7\]\.rewrite\[0\]\.match: expected a regular expression .*, got "\("$/),
      '[7].rewrite[0].to: expected a path such as /new/$1, got "x"',
      '[8].errorPages.200: expected a status from 400 to 599, 4xx or 5xx, got "200"',
      '[8].errorPages.404: expected a readable file, got "missing.html" (there is no ./missing.html)',
    ]);
  });
});

it('a PROXY header that nobody is trusted to send is a mistake', () => {
  const text =
    "listen: { http: 80, proxyProtocol: on }\nsites: [{ hosts: '*', routes: [{ path: /, respond: {} }] }]\n";
  expect(problemsOf(text)).toEqual([
    't.yaml:1:36: listen.proxyProtocol: expected the senders in trustedProxies, got none there',
  ]);
  expect(load(`trustedProxies: [10.0.0.1]\n${text}`).config.proxyProtocol).toBe(true);
});
