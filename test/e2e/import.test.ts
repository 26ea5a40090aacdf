// An nginx configuration and what `tollgate import nginx` makes of it, side by side: the same questions, the same answers.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import {
  createServer,
  request,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer, request as requestTls } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { writePair } from '../support/certificate.ts';
import { nginxWith, PROXY_PARAMS } from '../support/nginx.ts';
import { run, serve, site } from '../support/tollgate.ts';

const SHAPES = join(import.meta.dirname, 'nginx');
const hasNginx = spawnSync('nginx', ['-v']).status === 0;

interface Question {
  readonly path: string;
  readonly host?: string;
  readonly method?: string;
  readonly body?: string;
  readonly tls?: boolean;
  readonly fields?: Readonly<Record<string, string>>;
  /** What Tollgate answers in its own way, and why. Never more than nginx would give. */
  readonly here?: { readonly status: number; readonly why: string };
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const ask = (path: string, more: Omit<Question, 'path'> = {}): Question => ({ path, ...more });
const closed = (path: string, why: string, more: Omit<Question, 'path'> = {}): Question =>
  ask(path, { ...more, here: { status: 403, why } });
const FILES = ['/', '/assets/a.css', '/page.html', '/none', '/none/', '/sub', '/sub/', '/.htaccess'];

/**
 * What is asked of each shape is what both must have in common; where Tollgate is closed on purpose, or a line was left
 * out and said so, the question says why. Not asked: a directory without an index (403 in nginx, 404 here), and files
 * whose name begins with a dot (never served here).
 */
const QUESTIONS: Readonly<Record<string, readonly Question[]>> = {
  static: FILES.slice(0, -1).map((path) => ask(path)),
  spa: [...FILES.filter((path) => !/htaccess/.test(path)), '/some/view', '/api/x?y=1'].map((path) =>
    ask(path),
  ),
  'node-app': [
    ask('/x?y=1'),
    ask('/', { method: 'POST', body: 'small' }),
    ask('/', { method: 'POST', body: 'b'.repeat(2000) }),
  ],
  certbot: [...FILES.slice(0, 6).map((path) => ask(path, { tls: true })), ask('/page.html?x=1')],
  www: [
    ...['/a/b?c=d', '/'].map((path) => ask(path, { host: 'www.example.com' })),
    ...['/page.html', '/old.html', '/blog/x', '/ping', '/robots.txt'].map((path) => ask(path)),
  ],
  pool: [ask('/x'), ask('/y', { method: 'POST', body: 'abc' })],
  php: [
    ...['/page.html', '/sub/', '/.htaccess'].map((path) => ask(path)),
    ...['/wp-config.php', '/index.php', '/none.php'].map((path) => closed(path, 'PHP is not run')),
  ],
  wordpress: [
    ...['/page.html', '/sub/', '/.htaccess', '/.git/config', '/dump.sql', '/DUMP.SQL', '/none.bak'].map(
      (path) => ask(path),
    ),
    ask('/uploads/x.html'),
    ...['/wp-config.php', '/uploads/x.php', '/wp-config%2ephp', '/assets/../wp-config.php'].map((path) =>
      closed(path, 'PHP is not run'),
    ),
  ],
  snippets: ['/page.html', '/assets/a.css'].map((path) => ask(path)),
  internal: [
    ask('/page.html'),
    ask('/page.html', { host: 'unknown.test' }),
    // nginx gives it to the default server of the public address.
    ask('/page.html', { host: 'status.example.com' }),
  ],
  rewrites: [
    ...['/old-page', '/old-page?x=1', '/archive/2020/a?b=c', '/moved', '/away?x=1', '/page.html'].map(
      (path) => ask(path),
    ),
    ...['/api/x?y=1', '/v2/old/12?a=b', '/v2/x', '/app/x', '/app'].map((path) => ask(path)),
    ask('/', { here: { status: 200, why: 'no route is for / alone' } }),
    ask('/foo/', { here: { status: 404, why: 'no route is for /foo/ alone' } }),
    closed('/hidden-name', 'the path is changed inside of nginx'),
  ],
  patterns: [
    ...['/api/x', '/ws/y?z=1', '/dump.sql', '/x.BAK', '/closed/x', '/closed-too', '/shut'].map((path) =>
      ask(path),
    ),
    ...['/old.html~', '/assets/a.css', '/assets/none.sql', '/page.html', '/sub/'].map((path) => ask(path)),
    closed('/sub/abc', 'a pattern with a guard'),
  ],
  guards: [
    ...['/page.html', '/dump.sql', '/closed/x', '/closed-too', '/closed-too/index.html'].map((path) =>
      ask(path),
    ),
    ask('/api/open/x', { fields: { 'x-tier': 'made up' } }),
    closed('/assets/a.css', 'a token is asked for', { fields: { 'x-token': 'abc' } }),
    ask('/assets/a.css'),
    ask('/sub/'),
    closed('/shut/x', 'internal'),
    closed('/api/x', 'methods are not told apart'),
    ask('/api/x', { method: 'POST', body: 'x' }),
    ask('/api%2Fx', {
      method: 'POST',
      body: 'x',
      here: { status: 405, why: 'a slash that is data is no slash' },
    }),
    closed('/code/settings.py', 'programs are not run'),
    ask('/page.html', {
      fields: { 'user-agent': 'curl' },
      here: { status: 200, why: 'a filter, not a guard' },
    }),
  ],
  'https-upstream': [
    ask('/seen/x'),
    ask('/any/x', { here: { status: 502, why: 'certificates of upstreams are verified' } }),
  ],
  rails: [ask('/x?y=1'), ask('/assets/a.css'), ask('/assets/none')],
  django: [ask('/favicon.ico'), ask('/static/a.css'), ask('/static/none'), ask('/x')],
  access: ['/assets/a.css', '/closed/', '/closed/x', '/shut/x', '/open/x'].map((path) => ask(path)),
  'catch-all': [
    ask('/', { host: 'other.test' }),
    ask('/page.html', { host: 'example.com' }),
    ask('/echo', { host: 'a.example.com' }),
  ],
  strip: ['/app/x?y=1', '/app/', '/v1/x', '/page.html'].map((path) => ask(path)),
};

/** What it was asked, so that both ways of asking can be held against each other. */
async function tell(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const body = await text(incoming);
  const { host, cookie } = incoming.headers;
  const told = {
    method: incoming.method,
    url: incoming.url,
    host: host?.split(':')[0],
    cookie,
    tier: incoming.headers['x-tier'],
  };
  outgoing.writeHead(200, { 'content-type': 'application/json', 'x-secret': '1' });
  outgoing.end(JSON.stringify({ ...told, bytes: body.length }));
}

/** `pair`: it speaks TLS. */
async function startApp(pair?: { readonly cert: Buffer; readonly key: Buffer }): Promise<number> {
  const answer = (incoming: IncomingMessage, outgoing: ServerResponse): void => void tell(incoming, outgoing);
  const app = pair === undefined ? createServer(answer) : createTlsServer(pair, answer);
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void app.close());
  const bound = app.address();
  return typeof bound === 'object' ? (bound?.port ?? 0) : 0;
}

async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return typeof bound === 'object' ? (bound?.port ?? 0) : 0;
}

/** Whoever gets it has come where nginx lets nobody. */
const SECRET = 'SECRET';

function writeFiles(root: string): void {
  for (const directory of ['assets', 'sub', 'closed', 'closed-too', 'shut', 'foo', 'code', 'uploads', '.git'])
    mkdirSync(join(root, directory), { recursive: true });
  const files = {
    'index.html': '<h1>home</h1>',
    'page.html': 'a page',
    'assets/a.css': 'a{}',
    'sub/index.html': 'sub',
    '.htaccess': 'no',
    '500.html': 'broken',
    'index.php': SECRET,
    'wp-config.php': SECRET,
    'uploads/x.php': SECRET,
    'uploads/x.html': 'an upload',
    'code/settings.py': SECRET,
    '.git/config': SECRET,
    'dump.sql': SECRET,
    'closed/x': SECRET,
    'closed-too/index.html': SECRET,
    'old.html~': SECRET,
    'shut/x': SECRET,
    'sub/abc': SECRET,
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(root, name), content);
}

interface Ports {
  readonly http: number;
  readonly https: number;
}

async function answerOf(
  ports: Ports,
  { path, host = 'app.example.com', method = 'GET', body, tls = false, fields }: Question,
): Promise<Answer> {
  const options = {
    host: '127.0.0.1',
    path,
    method,
    headers: { host, cookie: 'a=1', ...fields },
    agent: false,
  };
  return new Promise((resolve, reject) => {
    const asking = tls
      ? requestTls({ ...options, port: ports.https, rejectUnauthorized: false })
      : request({ ...options, port: ports.http });
    asking.on('error', reject);
    asking.on('response', (incoming) => {
      text(incoming).then(
        (got) => resolve(comparable(incoming.statusCode ?? 0, incoming.headers, got)),
        reject,
      );
    });
    asking.end(body);
  });
}

/** Error pages and redirects have bodies of their own, 308 keeps the method where nginx says 301. */
function comparable(status: number, headers: IncomingHttpHeaders, body: string): Answer {
  const own = status >= 300;
  const location = headers.location
    ?.replace(/:\d+(?=\/|$)/, '')
    .replace(/^https?:\/\/(?:127\.0\.0\.1|app\.example\.com)(?=\/)/, '');
  const {
    'content-type': type,
    'cache-control': cache,
    'x-served-by': served,
    'x-secret': secret,
    'x-robots': robots,
  } = headers;
  return {
    status: status === 308 ? 301 : status,
    body: own ? '' : body,
    fields: {
      location,
      ...(!own && { type: type?.split(';')[0], served, secret, robots, cache: cache?.split(',')[0] }),
    },
  };
}

describe.skipIf(!hasNginx && process.env['CI'] !== 'true')('tollgate import nginx', () => {
  it('has questions for every shape', () => {
    const shapes = readdirSync(SHAPES).filter((name) => name.endsWith('.conf'));
    expect(shapes.map((name) => name.replace('.conf', '')).toSorted()).toEqual(
      Object.keys(QUESTIONS).toSorted(),
    );
  });

  it.each(Object.entries(QUESTIONS))('%s: answers as nginx does', async (shape, questions) => {
    const { ports, own } = await startBoth(shape);
    for (const question of questions) {
      const answer = await answerOf(own, question);
      const nginx = await answerOf(ports, question);
      expect(answer.body).not.toContain(SECRET);
      const [got, wanted] = comparedBy(question, answer, nginx);
      expect({ question, ...got }).toEqual({ question, ...wanted });
    }
  });
});

/** Where Tollgate is to differ, it has to. */
function comparedBy({ here }: Question, answer: Answer, nginx: Answer): readonly [object, object] {
  if (here === undefined) return [answer, nginx];
  const differs = !isDeepStrictEqual(answer, nginx);
  return [
    { status: answer.status, differs },
    { status: here.status, differs: true },
  ];
}

/** nginx with a shape, and Tollgate with what was made of it, where Debian has it: as a link in sites-enabled. */
async function startBoth(shape: string): Promise<{ readonly ports: Ports; readonly own: Ports }> {
  const directory = site();
  await writePair(directory, 'site', ['app.example.com']);
  const pair = {
    cert: readFileSync(join(directory, 'site.pem')),
    key: readFileSync(join(directory, 'site.key')),
  };
  writeFiles(join(directory, 'root'));
  const ports = { http: await freePort(), https: await freePort() };
  const config = readFileSync(join(SHAPES, `${shape}.conf`), 'utf8')
    .replaceAll('__HTTP__', String(ports.http))
    .replaceAll('__HTTPS__', String(ports.https))
    .replaceAll('__OTHER__', String(await freePort()))
    .replaceAll('__APP__', String(await startApp()))
    .replaceAll('__TLSAPP__', String(await startApp(pair)))
    .replaceAll('__ROOT__', join(directory, 'root'))
    .replaceAll('__CERT__', join(directory, 'site.pem'))
    .replaceAll('__KEY__', join(directory, 'site.key'));
  const parts = partsOf();
  await nginxWith(config, ports.http, parts);
  writeNginx(join(directory, 'nginx'), config, parts);
  await importInto(directory, 'nginx/sites-enabled/site');
  const listen = ['--http-port', '127.0.0.1:0'];
  if (config.includes('ssl_certificate ')) listen.push('--https-port', '127.0.0.1:0');
  const running = await serve(directory, { args: ['-c', 'imported.yaml', ...listen] });
  return { ports, own: { http: running.httpPort, https: running.httpsPort } };
}

function partsOf(): Readonly<Record<string, string>> {
  const names = readdirSync(join(SHAPES, 'snippets')).map((name) => `snippets/${name}`);
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(SHAPES, name), 'utf8')]));
}

function writeNginx(root: string, config: string, parts: Readonly<Record<string, string>>): void {
  for (const name of ['snippets', 'sites-available', 'sites-enabled'])
    mkdirSync(join(root, name), { recursive: true });
  const files = {
    ...parts,
    'nginx.conf': 'events {}',
    proxy_params: PROXY_PARAMS,
    'sites-available/site': config,
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(root, name), content);
  symlinkSync('../sites-available/site', join(root, 'sites-enabled/site'));
}

async function importInto(directory: string, file: string): Promise<void> {
  const { code, stderr } = await run(directory, ['import', 'nginx', file, '-o', 'imported.yaml']);
  expect(stderr).toMatch(/lines carried over/);
  expect(code).toBe(0);
  const path = join(directory, 'imported.yaml');
  const yaml = readFileSync(path, 'utf8');
  // Many of these run at once.
  expect(yaml).toMatch(/^admin: 127\.0\.0\.1:9901$/m);
  writeFileSync(path, yaml.replace('admin: 127.0.0.1:9901', 'admin: unix:./admin.sock'));
}
