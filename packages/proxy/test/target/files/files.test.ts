// `files` from outside: what is served, in which coding and part, and what is not there.
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { plain, route, startFront, temporaryDirectory, type Running } from '../../support/front.ts';
import { rawConnect } from '../../support/raw.ts';

const PAGE = `<p>${'hello '.repeat(300)}</p>`;
const DATE = new Date('2026-01-02T03:04:05Z');

let directory = '';
let running: Running;

interface Answer {
  readonly status: number;
  readonly fields: Headers;
  readonly body: Buffer;
}

async function ask(path: string, fields: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const client = rawConnect(running.httpPort);
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  client.write(`${method} ${path} HTTP/1.1\r\nHost: a\r\n${lines.join('')}Connection: close\r\n\r\n`);
  await client.untilClosed();
  const split = client.received.indexOf('\r\n\r\n');
  const [start = '', ...rest] = client.received.subarray(0, split).toString('latin1').split('\r\n');
  const headers = new Headers();
  for (const line of rest)
    headers.append(line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1));
  return { status: Number(start.split(' ')[1]), fields: headers, body: client.received.subarray(split + 4) };
}

beforeEach(async () => {
  directory = join(temporaryDirectory(), 'site');
  mkdirSync(join(directory, 'sub'), { recursive: true });
  mkdirSync(join(directory, '.well-known'));
  const put = (name: string, text: string): void => {
    writeFileSync(join(directory, name), text);
    utimesSync(join(directory, name), DATE, DATE);
  };
  put('index.html', PAGE);
  put('sub/index.html', 'sub');
  put('data.bin', '0123456789');
  put('a b.txt', 'space');
  put('.env', 'SECRET=1');
  put('.well-known/x', 'known');
  writeFileSync(join(directory, '..', 'outside.txt'), 'outside');
  running = await startFront(
    plain({
      routes: [
        route('/', {
          kind: 'files',
          files: { directory, index: ['index.html'], cacheControl: 'max-age=60', fallback: undefined },
        }),
        route('/deep/er/', {
          kind: 'files',
          files: { directory, index: ['index.html'], cacheControl: undefined, fallback: undefined },
        }),
      ],
    }),
  );
});

describe('files', () => {
  it('serves the index of a directory, with its type, validators and cache control', async () => {
    const { status, fields, body } = await ask('/');
    expect(status).toBe(200);
    expect(body.toString()).toBe(PAGE);
    expect(fields.get('content-type')).toBe('text/html; charset=utf-8');
    expect(fields.get('last-modified')).toBe('Fri, 02 Jan 2026 03:04:05 GMT');
    expect(fields.get('cache-control')).toBe('max-age=60');
    expect(fields.get('x-content-type-options')).toBe('nosniff');
    expect(fields.get('vary')).toBe('Accept-Encoding');
  });

  it("leaves the route's own path out of the file's name", async () => {
    expect((await ask('/deep/er/data.bin')).body.toString()).toBe('0123456789');
  });

  it('redirects a directory without its slash, keeping the query', async () => {
    const { status, fields } = await ask('/sub?x=1');
    expect(status).toBe(308);
    expect(fields.get('location')).toBe('/sub/?x=1');
  });

  it('decodes a name once', async () => {
    expect((await ask('/a%20b.txt')).body.toString()).toBe('space');
    expect((await ask('/a%2520b.txt')).status).toBe(404);
  });

  it.each([
    '/.env',
    '/%2eenv',
    '/sub/../.env',
    '/.git/config',
    '/sub/.hidden',
    '/..%2foutside.txt',
    '/sub%2findex.html',
    '/%2e%2e/outside.txt',
    '/..%5coutside.txt',
    '/nothing',
    '/data.bin/',
    '/data.bin/x',
    '/%ff',
    `/${'x'.repeat(300)}`,
  ])('does not serve %s', async (path) => {
    const { status, body } = await ask(path);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(body.toString()).not.toMatch(/outside\n?$|SECRET|0123/);
  });

  it('serves .well-known, of all names with a dot (RFC 8615)', async () => {
    expect((await ask('/.well-known/x')).body.toString()).toBe('known');
  });

  it('does not hang on a FIFO', async () => {
    execFileSync('mkfifo', [join(directory, 'pipe')]);
    expect((await ask('/pipe')).status).toBe(404);
  });

  it('follows a link that the site has made', async () => {
    symlinkSync(join(directory, 'data.bin'), join(directory, 'link.bin'));
    expect((await ask('/link.bin')).body.toString()).toBe('0123456789');
  });

  it('answers HEAD with the fields of GET and no body, other methods with 405 and Allow', async () => {
    const get = await ask('/data.bin');
    const head = await ask('/data.bin', {}, 'HEAD');
    expect(head.body).toHaveLength(0);
    for (const name of ['content-length', 'etag', 'content-type']) {
      expect(head.fields.get(name)).toBe(get.fields.get(name));
    }
    const post = await ask('/data.bin', { 'Content-Length': '0' }, 'POST');
    expect(post.status).toBe(405);
    expect(post.fields.get('allow')).toBe('GET, HEAD');
  });

  it('answers 304 to a client that has it, and 412 to one that requires another', async () => {
    const etag = (await ask('/data.bin')).fields.get('etag') ?? '';
    expect(etag).toMatch(/^"[\w-]+"$/);
    const same = await ask('/data.bin', { 'If-None-Match': `"x", W/${etag}` });
    expect(same.status).toBe(304);
    expect(same.body).toHaveLength(0);
    expect(same.fields.get('etag')).toBe(etag);
    expect((await ask('/data.bin', { 'If-Modified-Since': DATE.toUTCString() })).status).toBe(304);
    expect((await ask('/data.bin', { 'If-Modified-Since': new Date(0).toUTCString() })).status).toBe(200);
    expect(
      (await ask('/data.bin', { 'If-None-Match': '"x"', 'If-Modified-Since': DATE.toUTCString() })).status,
    ).toBe(200);
    expect((await ask('/data.bin', { 'If-Match': '"x"' })).status).toBe(412);
    expect((await ask('/data.bin', { 'If-Match': `"x", ${etag}` })).status).toBe(200);
    expect((await ask('/data.bin', { 'If-Match': `W/${etag}` })).status).toBe(412);
    expect((await ask('/data.bin', { 'If-Unmodified-Since': new Date(0).toUTCString() })).status).toBe(412);
  });

  it.each([
    ['bytes=2-4', 206, 'bytes 2-4/10', '234'],
    ['bytes=7-', 206, 'bytes 7-9/10', '789'],
    ['bytes=-3', 206, 'bytes 7-9/10', '789'],
    ['bytes=0-99', 206, 'bytes 0-9/10', '0123456789'],
    ['bytes=10-', 416, 'bytes */10', /range-unsatisfiable/],
    ['bytes=-0', 416, 'bytes */10', /range-unsatisfiable/],
    ['bytes=0-1,2-3', 200, null, '0123456789'],
    ['bytes=4-2', 200, null, '0123456789'],
    ['lines=0-1', 200, null, '0123456789'],
  ])('answers Range: %s with %i', async (range, status, contentRange, body) => {
    const answer = await ask('/data.bin', { Range: range });
    expect(answer.status).toBe(status);
    expect(answer.fields.get('content-range')).toBe(contentRange);
    expect(answer.body.toString()).toMatch(body);
  });

  it('sends the whole file when If-Range names another version', async () => {
    expect((await ask('/data.bin', { Range: 'bytes=1-1', 'If-Range': '"x"' })).status).toBe(200);
    expect((await ask('/data.bin', { Range: 'bytes=1-1', 'If-Range': DATE.toUTCString() })).status).toBe(206);
  });

  it('sends the coding that the client likes best, made at the start', async () => {
    await expect
      .poll(async () => (await ask('/', { 'Accept-Encoding': 'gzip' })).fields.get('content-encoding'))
      .toBe('gzip');
    const coded = async (accept: string): Promise<[string | null, string]> => {
      const { fields, body } = await ask('/', { 'Accept-Encoding': accept });
      const coding = fields.get('content-encoding');
      expect(fields.get('etag')).toMatch(coding === null ? /[^a-z]*"$/ : new RegExp(`-${coding}"$`));
      const decode = { br: brotliDecompressSync, zstd: zstdDecompressSync, gzip: gunzipSync }[coding ?? ''];
      return [coding, (decode?.(body) ?? body).toString()];
    };
    expect(await coded('gzip, br, zstd')).toEqual(['br', PAGE]);
    expect(await coded('gzip;q=1.0, br;q=0.5')).toEqual(['gzip', PAGE]);
    expect(await coded('zstd')).toEqual(['zstd', PAGE]);
    expect(await coded('br;q=0, *')).toEqual(['zstd', PAGE]);
    expect(await coded('identity')).toEqual([null, PAGE]);
  });

  it("sends a sidecar of the site's own, unless it is older than the file", async () => {
    for (const name of ['app.js', 'old.js']) {
      writeFileSync(join(directory, name), 'x');
      writeFileSync(join(directory, `${name}.br`), 'made by the build');
    }
    utimesSync(join(directory, 'old.js.br'), new Date(0), new Date(0));
    expect((await ask('/app.js', { 'Accept-Encoding': 'br' })).body.toString()).toBe('made by the build');
    expect((await ask('/old.js', { 'Accept-Encoding': 'br' })).body.toString()).toBe('x');
  });

  it('serves a file anew after it was replaced', async () => {
    writeFileSync(join(directory, 'news.txt'), 'old');
    expect((await ask('/news.txt')).body.toString()).toBe('old');
    writeFileSync(join(directory, 'news.txt'), 'new and longer');
    const timeout = 20_000;
    await expect
      .poll(async () => (await ask('/news.txt')).body.toString(), { timeout })
      .toBe('new and longer');
  });

  it('says at the start that the directory is not there', async () => {
    const files = {
      directory: join(directory, 'none'),
      index: [],
      cacheControl: undefined,
      fallback: undefined,
    };
    await expect(startFront(plain({ routes: [route('/', { kind: 'files', files })] }))).rejects.toThrow(
      /none: expected a directory/,
    );
  });
});
