// An nginx configuration and what `tollgate import nginx` makes of it, side by side: the same questions, the same answers.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import {
  createServer,
  request,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { request as requestTls } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
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
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const ask = (path: string, more: Omit<Question, 'path'> = {}): Question => ({ path, ...more });
const FILES = ['/', '/assets/a.css', '/page.html', '/none', '/none/', '/sub', '/sub/', '/.htaccess'];

/**
 * What is asked of each shape is what both must have in common. By intent they differ where a line was left out and said
 * so, and for a directory without an index (403 in nginx, 404 here) and files
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
  php: [ask('/page.html'), ask('/sub/')],
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

async function startApp(): Promise<number> {
  const app = createServer((incoming, outgoing) => void tell(incoming, outgoing));
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

function writeFiles(root: string): void {
  for (const directory of ['assets', 'sub', 'closed', 'shut'])
    mkdirSync(join(root, directory), { recursive: true });
  const files = {
    'index.html': '<h1>home</h1>',
    'page.html': 'a page',
    'assets/a.css': 'a{}',
    'sub/index.html': 'sub',
    '.htaccess': 'no',
    '500.html': 'broken',
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(root, name), content);
}

interface Ports {
  readonly http: number;
  readonly https: number;
}

async function answerOf(
  ports: Ports,
  { path, host = 'app.example.com', method = 'GET', body, tls = false }: Question,
): Promise<Answer> {
  const options = { host: '127.0.0.1', path, method, headers: { host, cookie: 'a=1' }, agent: false };
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

  it.each(Object.keys(QUESTIONS))('%s: answers as nginx does', async (shape) => {
    const directory = site({ proxy_params: PROXY_PARAMS });
    await writePair(directory, 'site', ['app.example.com']);
    writeFiles(join(directory, 'root'));
    const ports = { http: await freePort(), https: await freePort() };
    const config = readFileSync(join(SHAPES, `${shape}.conf`), 'utf8')
      .replaceAll('__HTTP__', String(ports.http))
      .replaceAll('__HTTPS__', String(ports.https))
      .replaceAll('__APP__', String(await startApp()))
      .replaceAll('__ROOT__', join(directory, 'root'))
      .replaceAll('__CERT__', join(directory, 'site.pem'))
      .replaceAll('__KEY__', join(directory, 'site.key'));
    writeFileSync(join(directory, 'site.conf'), config);
    const { code, stderr } = await run(directory, ['import', 'nginx', 'site.conf', '-o', 'imported.yaml']);
    expect(stderr).toMatch(/lines carried over/);
    expect(code).toBe(0);
    await nginxWith(config, ports.http);
    const running = await serve(directory, {
      args: [
        '-c',
        'imported.yaml',
        '--http-port',
        '127.0.0.1:0',
        ...(config.includes('ssl_certificate') ? ['--https-port', '127.0.0.1:0'] : []),
      ],
    });
    const own = { http: running.httpPort, https: running.httpsPort };
    for (const question of QUESTIONS[shape] ?? [])
      expect({ question, ...(await answerOf(own, question)) }).toEqual({
        question,
        ...(await answerOf(ports, question)),
      });
  });
});
