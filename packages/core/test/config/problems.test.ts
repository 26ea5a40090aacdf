import { describe, expect, it } from 'vitest';
import { policy } from '../../src/config/schema/policy/policy.ts';
import { directoryWith, load, problemsOf, routes, SITE } from './support.ts';

const POLICY_KEYS = Object.keys(policy).join(', ');

describe('mistakes in a configuration', () => {
  it('are all reported at once, in the order of the file, with line and column', () => {
    const text = `listen: { https: "84433" }
wrokers: 3
requestLog: { mode: onn, to: stdout, formt: json }
timeouts: { requestHeader: 10, keepAlive: }
limits: { body: 10XB }
trustedProxies: [10.0.0.0/8, 1.2.3]
sites:
  - hosts: example.com
    tls: acmee
    routes:
      - { path: /a, redirect: new }
      - { path: /b/*, respond: {} }
      - { path: /c, upstream: { servers: [127.0.0.1:3000], engine: wir } }
  - host: example.org
firewall: { ssh: { port: ssh } }
`;
    expect(problemsOf(text)).toEqual([
      't.yaml:1:18: listen.https: expected a port (1-65535), address:port, unix:/path or systemd:NAME, got "84433"',
      't.yaml:2:1: wrokers: expected one of listen, admin, acme, workers, trustedProxies, logLevel, requestLog, stateDirectory, shedding, redis, limits, timeouts, firewall, sites, got "wrokers" (did you mean "workers"?)',
      't.yaml:3:21: requestLog.mode: expected off, on, errors or auto, got "onn"',
      't.yaml:3:38: requestLog.formt: expected one of mode, to, format, slow, busyDelay, got "formt" (did you mean "format"?)',
      't.yaml:4:28: timeouts.requestHeader: expected a duration from 1ms to 24h such as 500ms, 30s or 2m, got 10',
      't.yaml:4:32: timeouts.keepAlive: expected a duration from 1ms to 24h such as 500ms, 30s or 2m, got nothing',
      't.yaml:5:17: limits.body: expected a size up to 1TB such as 10MB, or unlimited, got "10XB"',
      't.yaml:6:30: trustedProxies[1]: expected an IP address, a CIDR or unix, got "1.2.3"',
      't.yaml:9:10: sites[0].tls: expected self-signed, acme, or a mapping with certificate and key, got "acmee"',
      't.yaml:11:31: sites[0].routes[0].redirect: expected a path such as /new or an http(s) address, got "new"',
      't.yaml:12:17: sites[0].routes[1].path: expected a path such as / or /api/ (with a slash at its end: everything below; no wildcards, no query), got "/b/*"',
      't.yaml:13:43: sites[0].routes[2].upstream.servers[0]: expected a server such as http://127.0.0.1:3000, https://app.internal or unix:/run/app.sock, got "127.0.0.1:3000"',
      't.yaml:13:68: sites[0].routes[2].upstream.engine: expected http-proxy or wire, got "wir"',
      't.yaml:14:5: sites[1].hosts: expected a host such as example.com, *.example.com or *, or a list of them, got nothing',
      't.yaml:14:5: sites[1].routes: expected a list of routes, got nothing',
      `t.yaml:14:5: sites[1].host: expected one of hosts, tls, ${POLICY_KEYS}, routes, got "host" (did you mean "hosts"?)`,
      't.yaml:15:26: firewall.ssh.port: expected a whole number from 1 to 65535, got "ssh"',
    ]);
  });

  it('in one key do not hide a missing file in another', () => {
    const text = routes('{ path: /, app: ./none.ts, typo: 1 }', '{ path: /a/, files: ./none }');
    expect(problemsOf(text)).toEqual([
      't.yaml:4:25: sites[0].routes[0].app: expected a readable file, got "./none.ts" (there is no ./none.ts)',
      `t.yaml:4:36: sites[0].routes[0].typo: expected one of path, app, upstream, files, redirect, respond, limits, ${POLICY_KEYS}, got "typo"`,
      't.yaml:5:29: sites[0].routes[1].files.directory: expected a readable directory, got "./none" (there is no ./none)',
    ]);
  });

  it.each([
    ['', 't.yaml:1:1: expected a configuration: a mapping with listen, admin,'],
    ['hello', 't.yaml:1:1: expected a configuration: a mapping with listen, admin,'],
    ['sites: []', 't.yaml:1:8: sites: expected a list of sites, got a list'],
    ['sites:', 't.yaml:1:1: sites: expected a list of sites, got nothing'],
    ['a: [1', 't.yaml:1:6: expected valid YAML, got an error: Flow sequence'],
    ['a: 1\na: 2', 't.yaml:2:1: expected valid YAML, got an error: Map keys must be unique'],
    ['\ta: 1', 't.yaml:1:1: expected valid YAML, got an error: Tabs are not allowed as indentation'],
    ['a: *x', 't.yaml:1:1: expected valid YAML, got an error: Unresolved alias'],
    ['a: !x 1', 't.yaml:1:4: expected valid YAML, got an error: Unresolved tag: !x'],
    ['? [a]\n: 1', 't.yaml:1:3: expected a word as key, got a list, a mapping or nothing'],
    [': 1', 't.yaml:1:1: expected a word as key, got a list, a mapping or nothing'],
    ['a: 1\n---\nb: 1', 't.yaml:2:1: expected valid YAML, got an error: Source contains multiple documents'],
  ])('%j', (text, problem) => {
    expect(problemsOf(text)[0]).toContain(problem);
  });

  it('of text without end in it are an error like any other', () => {
    expect(problemsOf('['.repeat(50_000))[0]).toContain(
      'expected valid YAML, got an error: Maximum call stack',
    );
  });

  it('that would fill the memory with aliases are an error like any other', () => {
    const levels = Array.from({ length: 9 }, (_, n) => `a${n + 1}: &a${n + 1} [${`*a${n},`.repeat(9)}]`);
    expect(problemsOf(['a0: &a0 [x]', ...levels].join('\n'))[0]).toContain('Excessive alias count');
  });

  it('are placed in files with the line ends and byte order mark of Windows', () => {
    expect(problemsOf(`\ufeffworkers: 1\r\nadmin: x\r\n${SITE}\r\n`)[0]).toContain(
      't.yaml:2:8: admin: expected',
    );
  });

  it('of an alias are placed where it is used', () => {
    expect(problemsOf(`x: &port ssh\nfirewall: { ssh: { port: *port } }\n${SITE}`)[1]).toContain(
      't.yaml:2:26: firewall.ssh.port',
    );
  });

  it('do not show a long value in full', () => {
    expect(problemsOf(`admin: ${'x'.repeat(500)}\n${SITE}`)[0]).toMatch(/got "x{57}\.\.\."$/);
  });
});

describe('listeners', () => {
  it.each([
    ['8443', { kind: 'tcp', address: '::', port: 8443 }],
    ['0', { kind: 'tcp', address: '::', port: 0 }],
    ['127.0.0.1:80', { kind: 'tcp', address: '127.0.0.1', port: 80 }],
    ["'[::1]:80'", { kind: 'tcp', address: '::1', port: 80 }],
    ['unix:/run/web.sock', { kind: 'unix', path: '/run/web.sock' }],
    ['systemd:web', { kind: 'systemd', name: 'web' }],
  ])('may be %s', (given, address) => {
    expect(load(`listen: { http: ${given} }\n${SITE}`).config.listen).toEqual([{ scheme: 'http', address }]);
  });

  it.each([
    '65536',
    '-1',
    '1.5',
    "'::1:80'",
    "'[::1]'",
    'localhost:80',
    ':80',
    "'unix:'",
    "'systemd:'",
    '[]',
    '{}',
  ])('may not be %s', (given) => {
    expect(problemsOf(`listen: { http: ${given} }\n${SITE}`)[0]).toContain(
      'expected a port (1-65535), address:port',
    );
  });

  it('may not be none, nor the same twice', () => {
    expect(problemsOf(`listen: {}\n${SITE}`)).toEqual([
      't.yaml:1:9: listen: expected https, http or both, got neither',
    ]);
    expect(problemsOf(`listen: { https: 443, http: [80, '[::]:443'] }\n${SITE}`)).toEqual([
      't.yaml:1:29: listen.http: expected an address of its own, got [::]:443 (listen.https has it)',
    ]);
  });
});

describe('sites and routes', () => {
  it('own each host and each path once', () => {
    const text = `sites:
  - hosts: [example.com, '*']
    routes: [{ path: /, respond: {} }, { path: /, respond: {} }]
  - hosts: [EXAMPLE.com., a.example]
    routes: [{ path: /, respond: {} }]`;
    expect(problemsOf(text)).toEqual([
      't.yaml:3:48: sites[0].routes[1].path: expected a path of its own, got "/" (sites[0].routes[0] has it)',
      't.yaml:4:13: sites[1].hosts[0]: expected a host of its own, got "example.com" (sites[0] has it)',
    ]);
  });

  it('have one target for a route', () => {
    expect(problemsOf(routes('{ path: / }', '{ path: /a, respond: {}, redirect: /b }'))).toEqual([
      't.yaml:4:9: sites[0].routes[0]: expected one target (app, upstream, files, redirect, respond), got none',
      't.yaml:5:21: sites[0].routes[1].respond: expected one target (app, upstream, files, redirect, respond), got redirect and respond',
    ]);
  });

  it('have canonical hosts, also from another script', () => {
    const hostsOf = (given: string): unknown =>
      load(`sites: [{ hosts: [${given}], routes: [{ path: /, respond: {} }] }]`).config.sites[0]?.hosts;
    expect(hostsOf("Example.COM., '*.Example.com', bücher.example, '[::1]', 127.0.0.1")).toEqual([
      'example.com',
      '*.example.com',
      'xn--bcher-kva.example',
      '[::1]',
      '127.0.0.1',
    ]);
  });

  it.each(['a.*.example', '*example.com', 'example.com:443', 'https://example.com', '127.1', '*.', ''])(
    'do not have the host %j',
    (host) => {
      const text = `sites: [{ hosts: ['${host}'], routes: [{ path: /, respond: {} }] }]`;
      expect(problemsOf(text)[0]).toContain(
        'sites[0].hosts[0]: expected a host such as example.com, *.example.com or *',
      );
    },
  );

  it.each(['a', '/a/../b', '/%61', '/a?b', '/*', '//a', '/a b'])('do not have the path %j', (path) => {
    expect(problemsOf(routes(`{ path: '${path}', respond: {} }`))[0]).toContain(
      'path: expected a path such as / or /api/',
    );
  });
});

describe('targets', () => {
  it('upstreams may be a server, a list, or a mapping', () => {
    const upstreamOf = (given: string): object | undefined => {
      const target = load(routes(`{ path: /, upstream: ${given} }`)).config.sites[0]?.routes[0]?.target;
      return target?.kind === 'upstream' ? target.upstream : undefined;
    };
    const tcp = {
      scheme: 'http',
      address: { kind: 'tcp', host: '127.0.0.1', port: 3000 },
      text: 'http://127.0.0.1:3000',
      weight: 1,
      backup: false,
      maxConnections: undefined,
    };
    const rest = {
      engine: 'wire',
      maxFails: 3,
      failWindowMs: 10_000,
      keepAliveSockets: 256,
      warm: 0,
      host: 'client',
      balance: { kind: 'round-robin' },
      slowStartMs: 0,
      queue: { size: 100, waitMs: 5000 },
      retries: { attempts: 1, budget: 0.2 },
    };
    expect(upstreamOf('http://127.0.0.1:3000')).toEqual({
      servers: [tcp],
      ...rest,
      breaker: undefined,
      health: undefined,
      resolveMs: undefined,
      proxyProtocol: undefined,
      ca: undefined,
      serverName: undefined,
    });
    expect(upstreamOf("['http://127.0.0.1:3000', 'https://[::1]/', 'unix:/run/a.sock']")).toMatchObject({
      servers: [
        tcp,
        { scheme: 'https', address: { kind: 'tcp', host: '::1', port: 443 } },
        { scheme: 'http', address: { kind: 'unix', path: '/run/a.sock' }, text: 'unix:/run/a.sock' },
      ],
    });
    expect(upstreamOf('{ servers: http://a.b, engine: wire, failWindow: 1m, host: upstream }')).toMatchObject(
      {
        engine: 'wire',
        failWindowMs: 60_000,
        host: 'upstream',
      },
    );
  });

  it.each([
    'http://a.b/path',
    'ftp://a.b',
    'http://user@a.b',
    'http://',
    'a.b:80',
    'unix:',
    '[]',
    '{ servers: [] }',
  ])('upstreams may not be %s', (given) => {
    expect(
      problemsOf(routes(`{ path: /, upstream: '${given}' }`.replace(/'([[{].*)' }/, '$1 }')))[0],
    ).toContain('expected a server such as http://127.0.0.1:3000');
  });

  it('redirects and answers have their defaults', () => {
    const text = routes(
      '{ path: /a, redirect: /b }',
      '{ path: /c, redirect: { to: "https://x.example/", status: 302 } }',
      '{ path: /d, respond: { headers: { content-type: text/plain, x-n: 3 }, body: hi } }',
    );
    expect(load(text).config.sites[0]?.routes.map(({ target }) => target)).toEqual([
      { kind: 'redirect', to: '/b', status: 308, keepPath: 'off' },
      { kind: 'redirect', to: 'https://x.example/', status: 302, keepPath: 'off' },
      {
        kind: 'respond',
        status: 200,
        headers: [
          ['content-type', 'text/plain'],
          ['x-n', '3'],
        ],
        body: 'hi',
      },
    ]);
  });

  it.each(['//evil.example', 'x', 'javascript:alert(1)', 'https:///x', '/a b', '"/a\\r\\nX: y"'])(
    'do not redirect to %s',
    (to) => {
      expect(problemsOf(routes(`{ path: /, redirect: ${to} }`))[0]).toContain(
        'expected a path such as /new or an http(s) address',
      );
    },
  );

  it('do not answer with fields of the connection, or with line breaks in one', () => {
    const text = routes(
      '{ path: /, respond: { headers: { Connection: close, "a b": c, x: "y\\r\\nz: 1" } } }',
    );
    expect(problemsOf(text)).toEqual([
      't.yaml:4:42: sites[0].routes[0].respond.headers.Connection: expected a header name that is not of the connection, got "Connection"',
      't.yaml:4:61: sites[0].routes[0].respond.headers.a b: expected a header name that is not of the connection, got "a b"',
      't.yaml:4:74: sites[0].routes[0].respond.headers.x: expected a header value, got "y\\r\\nz: 1"',
    ]);
  });

  it('have their own body limit', () => {
    const text = `limits: { body: 1MB }\n${routes('{ path: /, respond: {} }', '{ path: /up, respond: {}, limits: { body: 2GB } }', '{ path: /any, respond: {}, limits: { body: unlimited } }')}`;
    const limits = load(text).config.sites[0]?.routes.map(({ bodyBytes }) => bodyBytes);
    expect(limits).toEqual([2 ** 20, 2 ** 31, Number.MAX_SAFE_INTEGER]);
  });

  it('that are files must be of the right kind', () => {
    const directory = directoryWith({ 'app.ts': '', 'public/x': '' });
    expect(
      problemsOf(routes('{ path: /, app: public }', '{ path: /a/, files: app.ts }'), { directory }),
    ).toEqual([
      't.yaml:4:25: sites[0].routes[0].app: expected a readable file, got "public" (./public is no file)',
      't.yaml:5:29: sites[0].routes[1].files.directory: expected a readable directory, got "app.ts" (./app.ts is no directory)',
    ]);
  });
});

describe('the rest', () => {
  it('warns of trusting everybody', () => {
    const { warnings } = load(`trustedProxies: [0.0.0.0/0]\n${SITE}`);
    expect(warnings[0]?.message).toBe('expected the addresses of proxies, got "0.0.0.0/0": every client');
  });

  it('warns of an admin listener that others reach', () => {
    const warningOf = (admin: string): string | undefined =>
      load(`admin: ${admin}\n${SITE}`).warnings[0]?.message;
    expect(warningOf('0.0.0.0:9901')).toBe(
      'expected an address of this machine alone, got "0.0.0.0": other machines may ask whether it is alive and ready, and nothing else',
    );
    expect(warningOf("{ listen: '[::]:9901' }")).toContain('got "::"');
    expect(warningOf("{ listen: '0.0.0.0:9901', metrics: { from: 10.0.0.0/8 } }")).toBeUndefined();
    expect(warningOf('{ listen: 9901, metrics: { from: 0.0.0.0/0 } }')).toContain('everybody reads /metrics');
    expect(['9901', '127.0.0.1:9901', "'[::1]:9901'", 'unix:/run/a.sock', 'off'].map(warningOf)).toEqual(
      Array.from({ length: 5 }),
    );
  });

  it('takes firewall ports and sources', () => {
    const text = `firewall: { ssh: { from: [10.0.0.0/8, '2001:db8::1'] }, extra: [{ port: 53, protocol: udp }] }\n${SITE}`;
    expect(load(text).config.firewall).toMatchObject({
      ssh: { port: 22, from: ['10.0.0.0/8', '2001:db8::1'] },
      extra: [{ port: 53, protocol: 'udp', from: ['any'] }],
    });
    expect(load(`firewall: { ssh: off }\n${SITE}`).config.firewall.ssh).toBeUndefined();
    expect(problemsOf(`firewall: { ssh: { from: 10.0.0.0/33 } }\n${SITE}`)[0]).toContain(
      'expected any, an IP address or a CIDR',
    );
  });
});
