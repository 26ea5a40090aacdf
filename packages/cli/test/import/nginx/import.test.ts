import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { importNginx } from '../../../src/import/nginx/import.ts';
import { readTree, type Directive } from '../../../src/import/nginx/tree.ts';

function write(files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'tollgate-import-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return join(directory, 'nginx.conf');
}

const importText = (text: string): ReturnType<typeof importNginx> =>
  importNginx(write({ 'nginx.conf': text }));
const server = (lines: string): string => `server { listen 80; server_name a.example; ${lines} }`;
const firstRoute = (lines: string): unknown => parse(importText(server(lines)).yaml).sites[0].routes[0];

describe('an nginx file', () => {
  it('is cut into words as nginx cuts it', () => {
    const file = write({ 'nginx.conf': `a "b c" 'd\\'e' \${f}g; # h;\nif ($x) { i "{;}"; }` });
    const plain = ({ name, args, line, block }: Directive): unknown => [name, args, line, block?.map(plain)];
    expect(readTree(file).map(plain)).toEqual([
      ['a', ['b c', "d'e", '${f}g'], 1, undefined],
      ['if', ['($x)'], 2, [['i', ['{;}'], 2, undefined]]],
    ]);
  });

  it('has what it includes where it includes it; a pattern may name nothing', () => {
    const file = write({
      'nginx.conf': 'include *.site; include none/*.conf; include mime.types;',
      'a.site': 'one;',
      'b.site': 'two;',
    });
    expect(readTree(file).map(({ name }) => name)).toEqual(['one', 'two', 'include']);
  });

  it('has what it includes from the directory of nginx.conf, however it is reached', () => {
    const file = write({ 'nginx.conf': '', site: 'include part; ssl_certificate c.pem;', part: 'here;' });
    const root = dirname(file);
    for (const name of ['enabled', 'apart']) mkdirSync(join(root, name));
    renameSync(join(root, 'site'), join(root, 'apart', 'site'));
    symlinkSync('../apart/site', join(root, 'enabled', 'site'));
    const elsewhere = dirname(write({ 'nginx.txt': '' }));
    symlinkSync(join(root, 'apart', 'site'), join(elsewhere, 'link'));
    for (const path of [join(root, 'apart/site'), join(root, 'enabled/site'), join(elsewhere, 'link')])
      expect(readTree(path).map(({ name, args }) => [name, ...args])).toEqual([
        ['here'],
        ['ssl_certificate', join(root, 'c.pem')],
      ]);
  });

  it('has what lies beside it, where there is no nginx.conf', () => {
    const file = write({ site: 'include part;', part: 'here;' });
    expect(readTree(join(dirname(file), 'site')).map(({ name }) => name)).toEqual(['here']);
  });

  it.each([
    ['server {', /nginx\.conf:1: expected "}", got the end of the file/],
    ['listen 80', /nginx\.conf:1: expected ";" or "{" after listen, got the end of the file/],
    ['a;\n}', /nginx\.conf:2: expected a directive, got "}"/],
    ['a "b', /nginx\.conf:1: expected a closing "/],
    [
      'a;\ninclude snippets/none.conf;',
      /nginx\.conf:2: include snippets\/none\.conf: there is no such file in /,
    ],
    [
      'include nginx.conf;',
      /nginx\.conf:1: include nginx\.conf: more than 16 files that include one another/,
    ],
  ])('%s is a mistake with its place', (text, message) => {
    expect(() => importText(text)).toThrow(message);
  });
});

describe('an import', () => {
  it('accounts for every line: what is not carried over is a comment with file, line and reason', () => {
    const lines = [
      'perl_set $x y;',
      'root /srv;',
      'location ~ \\.x$ { deny 10.0.0.1; }',
      'mirror /m;',
      'tcp_nopush on;',
    ];
    const { yaml, lines: counts } = importText(`server {\n${lines.join('\n')}\n}`);
    expect(counts).toEqual({ carried: 2, needless: 1, left: 4 });
    expect(yaml).toMatch(/:2: perl_set \$x y; # Tollgate has nothing of this name$/m);
    expect(yaml).toMatch(
      /:4: location ~ \\\.x\$ \{ … \} # a route is a path, not a pattern: nobody gets .*403/m,
    );
    expect(yaml).toMatch(/:4: deny 10\.0\.0\.1; # with its block$/m);
    expect(yaml).toMatch(/:5: mirror \/m; #/m);
    expect(yaml).toMatch(/:6: tcp_nopush on; #/m);
    expect(yaml).not.toMatch(/root \/srv/);
  });

  it.each([
    [
      'location / { proxy_pass http://127.0.0.1:1; proxy_set_header Host $host; }',
      { upstream: { servers: ['http://127.0.0.1:1'] } },
    ],
    [
      'location / { proxy_pass http://unix:/run/a.sock:; proxy_set_header Host $host; }',
      { upstream: { servers: ['unix:/run/a.sock'] } },
    ],
    [
      'location / { proxy_pass http://127.0.0.1:1; }',
      { upstream: { servers: ['http://127.0.0.1:1'], host: 'upstream' } },
    ],
    [
      'root /srv; index a.html; expires 1h;',
      { files: { directory: '/srv/', index: ['a.html'], cacheControl: 'max-age=3600' } },
    ],
    [
      'return 301 https://b.example$request_uri;',
      { redirect: { to: 'https://b.example', status: 301, keepPath: 'whole' } },
    ],
    ['return 204;', { respond: { status: 204 } }],
    ['root /srv; gzip on;', { files: { directory: '/srv/' } }],
  ])('%s', (lines, route) => {
    expect(firstRoute(lines)).toEqual({ path: '/', ...route });
  });

  it.each([
    ['deny 192.0.2.1; deny 192.0.2.2;', { deny: ['192.0.2.1', '192.0.2.2'] }],
    ['allow 10.0.0.0/8; deny all;', { allow: ['10.0.0.0/8'] }],
    ['deny all;', { deny: ['any'] }],
    ['deny 192.0.2.1; allow all;', { deny: ['192.0.2.1'] }],
    // What nginx guards in a way that is not carried over does not stand open meanwhile.
    ['deny 10.0.0.1; allow 10.0.0.0/8; deny all;', { deny: ['any'] }],
    ['auth_request /verify;', { deny: ['any'] }],
    ['internal;', { deny: ['any'] }],
    ['auth_basic $realm; auth_basic_user_file /etc/pw;', { deny: ['any'] }],
    ['auth_request off;', {}],
    ['client_max_body_size 5m;', {}],
    ['gzip on; gzip_min_length 500;', { compress: { minSize: '500B' } }],
    [
      'auth_basic "Who?"; auth_basic_user_file /etc/pw;',
      { auth: { basic: { realm: 'Who?', file: '/etc/pw' } } },
    ],
    ['add_header X-A b always;', { headers: { response: { add: { 'X-A': 'b' } } } }],
  ])('%s holds for the site', (lines, policy) => {
    const { tls, hosts, routes, ...rest } = parse(importText(server(`root /srv; ${lines}`)).yaml).sites[0];
    expect([tls, hosts, routes.length]).toEqual(['self-signed', ['a.example'], 1]);
    expect(rest).toEqual(policy);
  });

  it('says of a prefix that ends within a segment what it no longer covers', () => {
    const { yaml } = importText(server('root /srv; location /admin { deny all; return 200; }'));
    expect(yaml).toMatch(
      /# .*:1: nginx took \/admin\.\.\. for \/admin too; a route is whole segments, and the rest gets 403\.$/m,
    );
  });

  it('counts the rate of a zone for each address, with its burst', () => {
    const zone = 'limit_req_zone $binary_remote_addr zone=z:1m rate=5r/m;';
    const { yaml } = importText(
      `${zone} ${server('location / { limit_req zone=z burst=9 nodelay; return 200; }')}`,
    );
    expect(parse(yaml).sites[0].rateLimit).toEqual({ requests: 5, per: '1m', burst: 10 });
  });
});
