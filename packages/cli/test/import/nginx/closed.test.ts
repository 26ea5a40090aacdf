// What nginx keeps from people, and what becomes of it: carried over, or closed. Never open.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { importNginx } from '../../../src/import/nginx/import.ts';
import { importServer, routesOf, type Route } from './support.ts';

const FILES = 'root /srv; location / { try_files $uri $uri/ =404; }';
const APP = 'location / { proxy_pass http://127.0.0.1:1; }';

const at = (path: string, lines: string): Route => {
  const route = routesOf(lines).find((one) => one.path === path);
  if (route === undefined) throw new Error(`no route for ${path}`);
  return route;
};

describe('a pattern that keeps people out', () => {
  it.each([
    ['location ~ \\.php$ { fastcgi_pass unix:/run/php.sock; }', '\\.php$'],
    ['location ~ [^/]\\.php(/|$) { fastcgi_pass a:9000; }', '[^/]\\.php(/|$)'],
    ['location ~ \\.(sql|bak)$ { deny all; }', '\\.(sql|bak)$'],
    ['location ~* \\.(env|log)$ { return 404; }', '\\.(env|log)$'],
    ['location ~ /\\. { deny all; access_log off; }', '/\\.'],
    ['location ~ /(wp-admin|private) { allow 10.0.0.0/8; deny all; }', '/(wp-admin|private)'],
    ['location ~ ^/[a-z]+/admin { auth_basic x; auth_basic_user_file /pw; }', '^/[a-z]+/admin'],
    ['location ~ \\.cgi$ { proxy_pass http://127.0.0.1:2; }', '\\.cgi$'],
    ['location ~ ^/u/(.*)$ { alias /home/$1; }', '^/u/(.*)$'],
    ['location ~ ^/(?:\\.|autotest|db_) { return 404; }', '^/(?:\\.|autotest|db_)'],
    ['location ~ ^/(\\.|x)/ { fastcgi_pass a:9000; }', '^/(\\.|x)/'],
    // Escapes that JavaScript does not know, and what it would read in another way.
    ['location ~ ^/a\\_b\\@c { deny all; }', '^/a_b@c'],
    ['location ~ "(?i)\\.bak$" { deny all; }', '\\.bak$'],
    ['location ~ \\A/secret { deny all; }', '^/'],
    ['location ~ ^/(?>a|b)c { deny all; }', '^/'],
    ['if ($uri ~ \\.sql$) { return 403; }', '\\.sql$'],
    ['rewrite ^/front/(\\d+)$ /x.php?n=$1 last;', '^/front/(\\d+)$'],
  ])('%s is withheld from everybody, whatever answers', (lines, pattern) => {
    for (const server of [FILES, APP]) expect(at('/', `${server} ${lines}`).withhold).toEqual([pattern]);
  });

  it('keeps nothing from a final or exact location, which nginx asks before it', () => {
    const lines = `${FILES} location ~ \\.php$ { deny all; } location ^~ /a/ { } location = /b.php { }`;
    expect(routesOf(lines).map(({ path, withhold }) => [path, withhold])).toEqual([
      ['/b.php', undefined],
      ['/a/', undefined],
      ['/', ['\\.php$']],
    ]);
  });

  it('is before every location where it is a rewrite or a condition of the server', () => {
    const lines = `${FILES} rewrite ^/a$ /b last; location = /a { } location ^~ /c/ { } location ~ \\.x$ { deny all; }`;
    expect(routesOf(lines).map(({ path, withhold }) => [path, withhold])).toEqual([
      ['/c/', ['^/a$']],
      ['/a', ['^/a$']],
      ['/', ['^/a$', '\\.x$']],
    ]);
  });

  it('of a block around keeps nothing from an exact location in it', () => {
    const lines = `${FILES} location ~ /\\. { deny all; } location /.w/ { location = /.w/a { return 200; } }`;
    expect(routesOf(lines).map(({ path, withhold }) => [path, withhold])).toEqual([
      ['/.w/a', undefined],
      ['/.w/', ['/\\.']],
      ['/', ['/\\.']],
    ]);
  });

  it('is left open where it only says how the same files are sent', () => {
    const lines = 'location ~* \\.(css|js)$ { expires max; access_log off; try_files $uri =404; }';
    expect(at('/', `${FILES} ${lines}`).withhold).toBeUndefined();
  });

  it('is routes where it is a few plain paths', () => {
    const lines = `${FILES} location ~ ^/(admin|ws)/ { allow 10.0.0.0/8; deny all; proxy_pass http://127.0.0.1:1; }`;
    expect(routesOf(lines).map(({ path, allow }) => [path, allow])).toEqual([
      ['/admin/', ['10.0.0.0/8']],
      ['/ws/', ['10.0.0.0/8']],
      ['/', undefined],
    ]);
  });

  it('never sends the source of an index or a fallback', () => {
    const { files } = at(
      '/',
      'root /srv; index index.php a.html; location / { try_files $uri /index.php?$args; }',
    );
    expect(files).toEqual({ directory: '/srv/', index: ['a.html'] });
  });
});

describe('a guard without a counterpart', () => {
  it.each([
    'auth_request /verify;',
    'internal;',
    'auth_jwt "x";',
    'auth_basic $realm; auth_basic_user_file /pw;',
    'deny 10.0.0.1; allow 10.0.0.0/8; deny all;',
    'secure_link_secret s;',
    'secure_link $arg_md5; if ($secure_link = "") { return 403; }',
    'if ($http_x_key != "secret") { return 403; }',
    'if ($arg_token = "") { return 403; }',
    'if ($http_x_key ~ ^$) { return 403; }',
    'if ($cookie_session = "") { return 302 /login; }',
    'if ($remote_addr = 192.0.2.1) { return 444; }',
    'proxy_pass http://127.0.0.1:1; limit_except GET { deny all; }',
    'allow 10.0.0.0/8; deny all; set_real_ip_from 10.0.0.1; real_ip_header CF-Connecting-IP;',
    'access_by_lua_block { ngx.exit(403) }',
  ])('%s: nobody is let in', (lines) => {
    expect(at('/x/', `${FILES} location /x/ { ${lines} }`)).toMatchObject({ deny: ['any'] });
    const { yaml } = importServer(`${FILES} location /x/ { ${lines} }`);
    expect(yaml).toMatch(/^# .* nobody is let in/m);
  });

  it.each(['ssl_verify_client on;', 'if ($ssl_client_verify != SUCCESS) { return 403; }'])(
    '%s closes the site',
    (lines) => {
      expect(importServer(`${FILES} ${lines}`).site).toMatchObject({ deny: ['any'] });
    },
  );

  it.each([
    'uwsgi_pass unix:/run/app.sock;',
    'fastcgi_pass a:9000;',
    'stub_status;',
    'content_by_lua_block { }',
    'proxy_pass http://$backend;',
    'alias /srv/$host;',
    'return 200 $remote_addr;',
  ])('a location with %s does not fall to the one around', (lines) => {
    expect(at('/x/', `${FILES} location /x/ { ${lines} }`).respond).toEqual({ status: 403 });
  });

  it('of a named location holds for what leads there', () => {
    const lines =
      'location / { try_files $uri @app; } location @app { auth_request /v; proxy_pass http://127.0.0.1:1; }';
    expect(importServer(lines).site).toMatchObject({ deny: ['any'] });
  });

  it.each([
    'if ($http_user_agent ~ curl) { return 403; }',
    'if ($request_method = PUT) { return 405; }',
    'if ($args ~ x) { return 403; }',
  ])('%s is none: it is said loudly that it is gone', (lines) => {
    const { yaml, site } = importServer(`${FILES} ${lines}`);
    expect(site).not.toHaveProperty('deny');
    expect(yaml).toMatch(/a filter by what clients say of themselves: whom it turned away is let in now/);
  });

  it('may hang on a variable that a map makes', () => {
    const filter = 'if ($bad) { return 403; }';
    const map = (source: string): string => `map ${source} $bad { default 0; x 1; }`;
    expect(importServer(`${FILES} ${filter}`, map('$http_user_agent')).site).not.toHaveProperty('deny');
    for (const source of ['$remote_addr', '$http_x_key'])
      expect(importServer(`${FILES} if ($bad = 0) { return 403; }`, map(source)).site).toMatchObject({
        deny: ['any'],
      });
  });
});

describe('a guarded path', () => {
  const guarded = 'location /admin { allow 10.0.0.0/8; deny all; }';

  it('is closed where nginx took more than a route does', () => {
    expect(at('/', `${FILES} ${guarded}`).withhold).toEqual(['^/admin']);
    expect(at('/admin/', `${FILES} ${guarded}`).withhold).toBeUndefined();
  });

  it.each([
    'location /x { return 403; }',
    'location /x { fastcgi_pass a:9000; }',
    'location /x { proxy_pass http://127.0.0.1:1; }',
    'location /x { alias /other/; }',
  ])('is not answered by the files around it: %s', (lines) => {
    expect(at('/', `${FILES} ${lines}`).withhold).toEqual(['^/x']);
  });

  it('is as open as the files around it where they are the same', () => {
    expect(at('/', `${FILES} location /x { expires 1h; }`).withhold).toBeUndefined();
  });

  it('is closed in every spelling that an upstream could take for it', () => {
    expect(at('/', `${APP} location /a/b/ { deny all; }`).withhold).toEqual(['^/a/b/']);
    expect(at('/', `${APP} location = /x.y { deny all; }`).withhold).toEqual(['^/x\\.y$']);
    expect(at('/', `${FILES} location = / { deny all; }`).withhold).toEqual(['^/$']);
  });

  it('does not close what has a location of its own', () => {
    const lines = `${FILES} ${guarded} location /administrators/ { }`;
    expect(at('/administrators/', lines).withhold).toBeUndefined();
  });
});

describe('a part of a configuration', () => {
  it('has the guards of the whole around it, and none of its other servers', () => {
    const directory = mkdtempSync(join(tmpdir(), 'tollgate-import-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const other = 'server { listen 80; server_name b.example; return 200; }';
    writeFileSync(
      join(directory, 'nginx.conf'),
      `http { allow 10.0.0.0/8; deny all; ${other} include *.site; }`,
    );
    writeFileSync(join(directory, 'a.site'), 'server { listen 80; server_name a.example; return 200; }');
    const { yaml } = importNginx(join(directory, 'a.site'));
    expect(parse(yaml).sites).toMatchObject([{ hosts: ['a.example'], allow: ['10.0.0.0/8'] }]);
    expect(yaml).toMatch(
      /^# - What .*nginx\.conf says for all sites is in it, but none of its other servers/m,
    );
  });
});

describe('a field that the upstream believes', () => {
  it('is taken off where nginx wrote what Tollgate cannot', () => {
    const { headers } = at(
      '/',
      'location / { proxy_set_header X-User $remote_user; proxy_pass http://127.0.0.1:1; }',
    );
    expect(headers).toEqual({ request: { remove: ['X-User'] } });
  });
});

describe('a server that few can reach', () => {
  it.each(['127.0.0.1:80', '[::1]:8080', 'unix:/run/x.sock', '10.0.0.1:443', '8081'])(
    'does not come out by the listener of another: %s',
    (address) => {
      const { yaml, config } = importServer(
        FILES,
        `server { listen ${address}; server_name b.example; return 200; }`,
      );
      expect(config.sites).toHaveLength(1);
      expect(config.listen).toEqual({ http: 80 });
      expect(yaml).toMatch(/it listens at .* alone, and a site answers on every listener/);
    },
  );
});
