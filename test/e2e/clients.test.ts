// Every policy of one site as the clients that people have meet it: curl and nghttp2's client ask, goaccess reads the log.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { serve, site, type Running } from '../support/tollgate.ts';

const run = promisify(execFile);
const HAS_PEERS =
  ['curl', 'nghttp', 'goaccess', 'htpasswd'].every((peer) => existsSync(`/usr/bin/${peer}`)) ||
  process.env['CI'] === 'true';

const PAGE = `<!doctype html><title>A page</title>${'<p>The same line again.</p>'.repeat(200)}`;

const APP = `
let asked = 0;
export default async function app(site) {
  site.get('/*', async (request, reply) => {
    if (request.url === '/missing') return reply.code(404).send('the app knows no such page');
    return reply.type('text/plain').send(request.url + ' ' + ++asked);
  });
}
`;

const config = (hash: string): string => `listen: { https: 127.0.0.1:0, http: 127.0.0.1:0 }
admin: unix:./admin.sock
requestLog: { mode: on, to: access.log, format: combined }
sites:
  - hosts: ['*']
    errorPages: { 404: lost.html }
    routes:
      - { path: /, app: ./app.mjs }
      - { path: /files/, files: public, compress: on }
      - { path: /kept, app: ./app.mjs, cache: { lifetime: 1m } }
      - { path: /limited, app: ./app.mjs, rateLimit: { requests: 2, per: 1h } }
      - { path: /secret, app: ./app.mjs, auth: { basic: { users: { ada: '${hash}' } } } }
      - { path: /shared, app: ./app.mjs, cors: { origins: 'https://other.example' } }
      - { path: /api/, app: ./app.mjs, stripPrefix: on, headers: { response: { set: { X-From: tollgate } } } }
      - { path: /old, redirect: { to: /new, status: 301 } }
      - { path: /works, app: ./app.mjs, maintenance: on }
      - { path: /closed, app: ./app.mjs, deny: any }
      - { path: /small, app: ./app.mjs, limits: { body: 10B } }
`;

async function start(): Promise<Running> {
  const { stdout } = await run('htpasswd', ['-nbB', '-C', '4', 'ada', 'lovelace']);
  const directory = site({
    'app.mjs': APP,
    'tollgate.yaml': config(stdout.trim().replace('ada:', '')),
    'lost.html': '<p>Lost?</p>',
  });
  mkdirSync(join(directory, 'public'));
  writeFileSync(join(directory, 'public/page.html'), PAGE);
  return serve(directory);
}

interface Met {
  readonly status: number;
  readonly fields: Readonly<Record<string, readonly string[] | undefined>>;
  readonly body: string;
}

async function curl({ httpsPort }: Running, path: string, ...options: readonly string[]): Promise<Met> {
  const told = '\\n%{http_code}\\n%{header_json}';
  const url = `https://127.0.0.1:${httpsPort}${path}`;
  const { stdout } = await run('curl', ['-sSk', '--max-time', '20', '-w', told, ...options, url]);
  const [, body = '', status = '', fields = '{}'] = /^([^]*)\n(\d{3})\n(\{[^]*\})\s*$/.exec(stdout) ?? [];
  return { status: Number(status), body, fields: JSON.parse(fields) };
}

describe.runIf(HAS_PEERS)('curl meets', () => {
  it('compression, a cache, a redirect, a page for errors, and a path without its prefix', async () => {
    const running = await start();
    const page = await curl(running, '/files/page.html', '--compressed');
    expect(page).toMatchObject({ status: 200, body: PAGE });
    expect(page.fields['content-encoding']?.[0]).toMatch(/^(br|zstd|gzip)$/);
    const first = await curl(running, '/kept');
    expect(await curl(running, '/kept')).toMatchObject({
      body: first.body,
      fields: { age: [expect.stringMatching(/^\d+$/)], 'cache-status': [expect.stringMatching(/hit/)] },
    });
    expect(await curl(running, '/old', '-L')).toMatchObject({
      status: 200,
      body: expect.stringMatching(/^\/new /),
    });
    expect(await curl(running, '/missing')).toMatchObject({ status: 404, body: '<p>Lost?</p>' });
    const api = await curl(running, '/api/things?a=b');
    expect(api).toMatchObject({
      body: expect.stringMatching(/^\/things\?a=b /),
      fields: { 'x-from': ['tollgate'] },
    });
  });

  it('a limit, a lock, a closed door, works, and another origin’s question', async () => {
    const running = await start();
    const statuses: number[] = [];
    for (let count = 0; count < 3; count += 1) statuses.push((await curl(running, '/limited')).status);
    expect(statuses).toEqual([200, 200, 429]);
    const limited = await curl(running, '/limited');
    expect(Number(limited.fields['retry-after']?.[0])).toBeGreaterThan(0);
    expect(await curl(running, '/secret')).toMatchObject({
      status: 401,
      fields: { 'www-authenticate': [expect.stringMatching(/^Basic realm=/)] },
    });
    expect((await curl(running, '/secret', '-u', 'ada:wrong')).status).toBe(401);
    expect((await curl(running, '/secret', '-u', 'ada:lovelace')).status).toBe(200);
    expect((await curl(running, '/closed')).status).toBe(403);
    expect(await curl(running, '/works')).toMatchObject({ status: 503, fields: { 'retry-after': ['300'] } });
    // Over HTTP/2 curl 7.88 gives up (92) when the answer has ended before it could send its body, as RFC 9113 8.1 allows.
    expect((await curl(running, '/small', '--http1.1', '-d', 'more than ten bytes')).status).toBe(413);
    const asks = [
      '-X',
      'OPTIONS',
      '-H',
      'Origin: https://other.example',
      '-H',
      'Access-Control-Request-Method: GET',
    ];
    expect(await curl(running, '/shared', ...asks)).toMatchObject({
      status: 204,
      fields: { 'access-control-allow-origin': ['https://other.example'] },
    });
  });
});

describe.runIf(HAS_PEERS)('the request log', () => {
  it('is read by goaccess: each request of curl and nghttp once, by its status, and no line that it cannot read', async () => {
    const running = await start();
    for (const path of ['/', '/old', '/missing', '/closed']) await curl(running, path, '--http1.1');
    const urls = ['/a', '/b', '/files/page.html'].map(
      (path) => `https://127.0.0.1:${running.httpsPort}${path}`,
    );
    await run('nghttp', ['-n', '--no-verify-peer', ...urls]);
    running.signal('SIGTERM');
    await running.ended;
    const file = join(running.directory, 'access.log');
    const { stdout } = await run('goaccess', [
      file,
      '--log-format=COMBINED',
      '-o',
      'json',
      '--no-global-config',
    ]);
    const { general, status_codes: codes } = JSON.parse(stdout);
    expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(7);
    expect(general).toMatchObject({ total_requests: 7, valid_requests: 7, failed_requests: 0 });
    const items = codes.data.flatMap(
      ({ items }: { items: { data: string; hits: { count: number } }[] }) => items,
    );
    const counts = items.map(({ data, hits }: { data: string; hits: { count: number } }) => [
      data.slice(0, 3),
      hits.count,
    ]);
    expect(Object.fromEntries(counts)).toEqual({ 200: 4, 301: 1, 403: 1, 404: 1 });
  });
});
