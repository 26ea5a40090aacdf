// What is carried over, to the letter; and what is said of the rest.
import { describe, expect, it } from 'vitest';
import { importServer, routesOf } from './support.ts';

const PASS = 'proxy_pass http://127.0.0.1:1; proxy_set_header Host $host;';

describe('a rewrite', () => {
  it.each([
    [
      'rewrite ^/old$ /new permanent;',
      { path: '/old', redirect: { to: '/new', status: 301, keepPath: 'rest' } },
    ],
    ['rewrite ^/old\\.html$ /new? redirect;', { path: '/old.html', redirect: { to: '/new', status: 302 } }],
    [
      'rewrite ^/blog/(.*)$ https://blog.example/$1 permanent;',
      { path: '/blog/', redirect: { to: 'https://blog.example/', status: 301, keepPath: 'rest' } },
    ],
    [
      'location = /a { rewrite ^ /b permanent; }',
      { path: '/a', redirect: { to: '/b', status: 301, keepPath: 'rest' } },
    ],
    [
      `location /api/ { rewrite ^/api/(.*)$ /$1 break; ${PASS} }`,
      {
        path: '/api/',
        upstream: { servers: ['http://127.0.0.1:1'] },
        rewrite: [{ match: '^/api/(.*)$', to: '/$1' }],
      },
    ],
    [
      'location /app { proxy_pass http://127.0.0.1:1/v1; proxy_set_header Host $host; }',
      {
        path: '/app/',
        upstream: { servers: ['http://127.0.0.1:1'] },
        rewrite: [{ match: '^/app(.*)$', to: '/v1$1' }],
      },
    ],
    ['location = /m { return 301 $scheme://$host/n; }', { path: '/m', redirect: { to: '/n', status: 301 } }],
    [
      'location /w/ { return 301 $scheme://b.example$request_uri; }',
      { path: '/w/', redirect: { to: 'http://b.example', status: 301, keepPath: 'whole' } },
    ],
  ])('%s', (lines, route) => {
    expect(routesOf(lines)).toContainEqual(expect.objectContaining(route));
  });

  it.each(['rewrite ^/$ /home permanent;', 'location / { rewrite ^/$ /home permanent; }'])(
    '%s redirects nothing but the root, or nothing at all',
    (lines) => {
      const { yaml } = importServer(`root /srv; ${lines}`);
      expect(routesOf(`root /srv; ${lines}`).map(({ path, redirect }) => [path, redirect])).toEqual([
        ['/', undefined],
      ]);
      expect(yaml).toMatch(/^# .*rewrite \^\/\$ \/home permanent; # a redirect /m);
    },
  );

  it('of a path below a location of its own is not made a loop', () => {
    const [route] = routesOf('root /srv; location /foo/ { rewrite ^/foo/$ /foo/bar permanent; }');
    expect(route).toMatchObject({ path: '/foo/', files: { directory: '/srv/foo/' } });
  });

  it('that is not carried over never sends an upstream the wrong path', () => {
    const [route] = routesOf(`location / { rewrite ^/a/(.*)$ /b/$1 last; ${PASS} }`);
    expect(route).toMatchObject({ withhold: ['^/a/(.*)$'] });
  });
});

describe('an upstream', () => {
  const pool = (servers: string): ReturnType<typeof importServer> =>
    importServer(
      'location / { proxy_pass http://p; proxy_set_header Host $host; }',
      `upstream p { ${servers} }`,
    );
  const upstreamOf = ({ site }: ReturnType<typeof importServer>): unknown => site?.routes[0]?.upstream;

  it('has what its servers say alike; what they say otherwise is left, with why', () => {
    const imported = pool('server a:1 max_fails=2 fail_timeout=5s; server b:1 max_fails=9 fail_timeout=5s;');
    expect(upstreamOf(imported)).toEqual({
      servers: ['http://a:1', 'http://b:1'],
      maxFails: 2,
      failWindow: '5s',
    });
    expect(imported.yaml).toMatch(
      /# .*server b:1 .*# maxFails is one for all servers of an upstream, here 2$/m,
    );
  });

  it('that is never to be left alone is so as seldom as can be, and says it', () => {
    const imported = pool('server a:1 max_fails=0; server b:1 fail_timeout=0;');
    expect(upstreamOf(imported)).toEqual({ servers: ['http://a:1', 'http://b:1'], maxFails: 1000 });
    expect(imported.yaml).toMatch(
      /# .*server a:1 max_fails=0; # max_fails=0: a server that fails is left alone/m,
    );
    expect(imported.yaml).toMatch(/# .*server b:1 fail_timeout=0; # fail_timeout=0: a server that fails/m);
  });

  it('over TLS is verified, which nginx did not do without being told', () => {
    const { yaml } = importServer('location / { proxy_pass https://a:1; }');
    expect(yaml).toMatch(/^# - The certificate of an https upstream is verified here/m);
    const told = 'proxy_ssl_verify on; proxy_ssl_trusted_certificate /ca.pem; proxy_ssl_name b;';
    const verified = importServer(`location / { proxy_pass https://a:1; ${told} }`);
    expect(verified.yaml).not.toMatch(/certificate of an https upstream/);
    expect(upstreamOf(verified)).toMatchObject({ ca: '/ca.pem', serverName: 'b' });
  });
});

describe('what is said for all', () => {
  it('of time is the longest, wherever it is said', () => {
    const { yaml, config } = importServer(
      `proxy_read_timeout 10s; location / { ${PASS} proxy_read_timeout 5m; } keepalive_timeout 0;`,
    );
    expect(config).toMatchObject({ timeouts: { upstreamHeader: '300s' } });
    expect(yaml).toMatch(/proxy_read_timeout 10s; # timeouts\.upstreamHeader is one for all routes/);
    expect(yaml).toMatch(/keepalive_timeout 0; # timeouts\.keepAlive is from 1ms to 24h/);
  });

  it('of proxies in front is carried over where it is one for all sites', () => {
    const trust = 'set_real_ip_from 10.0.0.1; set_real_ip_from unix:; real_ip_header X-Forwarded-For;';
    const { config } = importServer(`root /srv; ${trust} allow 192.0.2.1; deny all;`);
    expect(config).toMatchObject({ trustedProxies: ['10.0.0.1', 'unix'], sites: [{ allow: ['192.0.2.1'] }] });
    const other = 'server { listen 80; server_name b.example; root /srv; }';
    const { config: half } = importServer(`root /srv; ${trust} allow 192.0.2.1; deny all;`, other);
    expect(half).not.toHaveProperty('trustedProxies');
    expect(half).toMatchObject({ sites: [{ deny: ['any'] }, {}] });
  });
});

describe('a line that is needed is not called needless', () => {
  it.each([
    'underscores_in_headers on;',
    'large_client_header_buffers 4 32k;',
    'keepalive_requests 10;',
    'http2_max_concurrent_streams 8;',
    'proxy_redirect http://a/ /;',
    'limit_conn z 10;',
    'satisfy any;',
    'location /x/ { types { } default_type application/octet-stream; }',
  ])('%s', (lines) => {
    const name = (lines.startsWith('location') ? 'default_type' : lines).split(' ')[0] ?? '';
    const [, left = ''] =
      /^# NOT CARRIED OVER[^\n]*\n((?:# .*\n)*)/m.exec(importServer(`root /srv; ${lines}`).yaml) ?? [];
    expect(left).toContain(`: ${name} `);
  });

  it('as the type of a fixed answer', () => {
    const [route] = routesOf('location = /a { default_type application/json; return 200 "{}"; }');
    expect(route?.respond).toEqual({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
  });
});

describe('a host', () => {
  it('is every one only where nginx would have it so', () => {
    const hosts = (lines: string, others = ''): unknown =>
      importServer(lines, others).config.sites.map(
        (site) => Object.entries(site).find(([key]) => key === 'hosts')?.[1],
      );
    const named = 'server { listen 80; server_name b.example; root /srv; }';
    const nameless = 'server { listen 80; server_name _; root /srv; }';
    expect(hosts('root /srv;', named)).toEqual([['a.example'], ['b.example']]);
    expect(hosts('root /srv;', nameless)).toEqual([['a.example']]);
    expect(hosts('root /srv;', nameless.replace('80', '80 default_server'))).toEqual([['a.example'], ['*']]);
    expect(importServer('root /srv;').yaml).toMatch(/^# - Hosts that no site names get 421\./m);
  });
});
