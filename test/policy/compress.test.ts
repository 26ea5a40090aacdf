// `compress`, with real clients: every coding, every target, both protocols, whole and in pieces.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { brotliDecompressSync, createBrotliDecompress, gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { httpUpstream } from '../../packages/proxy/test/support/upstream.ts';
import { ask, fieldOf, type Answer } from '../support/ask.ts';
import { open } from '../support/open.ts';
import { HOST, startRoutes, type Running } from '../support/ways.ts';

const TEXT = 'The same line again and again, as in any list of things.\n'.repeat(2000);

const start = async (routes: readonly object[], site: object = {}): Promise<Running> => {
  const running = await startRoutes(routes, site);
  onTestFinished(() => running.close());
  return running;
};

const behind = async (
  listener: RequestListener,
  compress: unknown = 'on',
  more: object = {},
): Promise<Running> => {
  const { url } = await httpUpstream(listener);
  return start([{ path: '/', upstream: url, compress, ...more }]);
};

const text: RequestListener = (_request, response) => {
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(TEXT),
    etag: '"v1"',
    'accept-ranges': 'bytes',
    vary: 'Cookie',
  });
  response.end(TEXT);
};

const askFor = (
  running: Running,
  accepted: string,
  protocol: 'h1' | 'h2' = 'h1',
  path = '/',
): Promise<Answer> => ask(running.httpsPort, protocol, { path, fields: { 'accept-encoding': accepted } });

const DECODE: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  br: (bytes) => brotliDecompressSync(bytes),
  zstd: (bytes) => zstdDecompressSync(bytes),
  gzip: (bytes) => gunzipSync(bytes),
};

describe.each(['h1', 'h2'] as const)('%s', (protocol) => {
  it.each(['br', 'zstd', 'gzip'])('sends %s, with the fields that go with it', async (coding) => {
    const answer = await askFor(await behind(text), coding, protocol);
    expect(answer.status).toBe(200);
    expect(DECODE[coding]?.(answer.body).toString()).toBe(TEXT);
    expect(answer.body.length).toBeLessThan(TEXT.length / 20);
    expect(fieldOf(answer.fields, 'content-encoding')).toBe(coding);
    expect(fieldOf(answer.fields, 'content-length')).toBeUndefined();
    expect(fieldOf(answer.fields, 'accept-ranges')).toBeUndefined();
    expect(fieldOf(answer.fields, 'etag')).toBe('W/"v1"');
    expect(fieldOf(answer.fields, 'vary')).toBe('Cookie, Accept-Encoding');
  });

  it('sends what a client that accepts none gets, and says that it depends on that', async () => {
    const answer = await askFor(await behind(text), 'identity', protocol);
    expect(answer.body.toString()).toBe(TEXT);
    expect(fieldOf(answer.fields, 'content-encoding')).toBeUndefined();
    expect(fieldOf(answer.fields, 'content-length')).toBe(String(TEXT.length));
    expect(fieldOf(answer.fields, 'etag')).toBe('"v1"');
    expect(fieldOf(answer.fields, 'vary')).toBe('Cookie, Accept-Encoding');
  });

  it('sends each piece of a page that comes in pieces, before the next one is there', async () => {
    const pieces = ['first ', 'second ', 'third'];
    let next = (): void => undefined;
    const running = await behind((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      next = () => {
        const piece = pieces.shift();
        if (piece === undefined) response.end();
        else response.write(piece);
      };
      next();
    });
    const { answered } = open(running.httpsPort, protocol, 'GET', '/', { 'accept-encoding': 'br' });
    const { body } = await answered;
    const decoded = body.pipe(createBrotliDecompress());
    let read = '';
    for await (const piece of decoded) {
      read += String(piece);
      next();
    }
    expect(read).toBe('first second third');
  });
});

describe('curl --compressed', () => {
  it.each(['br', 'zstd', 'gzip'])('reads what it gets as %s', async (coding) => {
    const { httpsPort } = await behind(text, { encodings: [coding] });
    const url = `https://${HOST}:${httpsPort}/`;
    const options = ['-sk', '--compressed', '--resolve', `${HOST}:${httpsPort}:127.0.0.1`];
    const shown = ['-w', '\n%{size_download} %header{content-encoding}'];
    const { stdout } = await promisify(execFile)('curl', [...options, ...shown, url], {
      maxBuffer: 10_000_000,
    });
    const [, body, size, used] = /^([\s\S]*)\n(\d+) (\w+)$/.exec(stdout) ?? [];
    expect(body).toBe(TEXT);
    expect(used).toBe(coding);
    expect(Number(size)).toBeLessThan(TEXT.length / 20);
  });
});

describe('what is not compressed', () => {
  const plain = async (listener: RequestListener, compress: unknown = 'on', path = '/'): Promise<Answer> => {
    const answer = await askFor(await behind(listener, compress), 'gzip', 'h1', path);
    expect(fieldOf(answer.fields, 'content-encoding')).not.toBe('gzip');
    return answer;
  };
  const answering =
    (fields: Record<string, string>, status = 200, body = TEXT): RequestListener =>
    (_request, response) => {
      response.writeHead(status, { 'content-type': 'text/plain', ...fields });
      response.end(body);
    };

  it.each([
    ['a picture', { 'content-type': 'image/png' }],
    ['an event stream', { 'content-type': 'text/event-stream' }],
    ['what is compressed already', { 'content-encoding': 'br' }],
    ['what says no-transform', { 'cache-control': 'max-age=1, No-Transform' }],
    ['a part', { 'content-range': 'bytes 0-1/2' }],
  ])('%s', async (_, fields) => {
    const answer = await plain(answering(fields));
    expect(answer.body.toString()).toBe(TEXT);
    expect(fieldOf(answer.fields, 'vary')).toBeUndefined();
  });

  it('an answer that is too small', async () => {
    await plain(answering({ 'content-length': '1023' }, 200, 'x'.repeat(1023)));
  });

  it('an answer without a body', async () => {
    await plain(answering({}, 204, ''));
    await plain(answering({ etag: '"1"' }, 304, ''));
  });

  it('the answer to HEAD', async () => {
    const { httpsPort } = await behind(text);
    const answer = await ask(httpsPort, 'h1', {
      method: 'HEAD',
      path: '/',
      fields: { 'accept-encoding': 'gzip' },
    });
    expect(fieldOf(answer.fields, 'content-encoding')).toBeUndefined();
    expect(fieldOf(answer.fields, 'vary')).toBe('Cookie, Accept-Encoding');
  });

  it('a type that the configuration does not name', async () => {
    await plain(answering({}), { types: ['text/html', 'application/*'] });
  });

  it('anything on a route that does not say so', async () => {
    const { url } = await httpUpstream(text);
    const running = await start(
      [
        { path: '/', upstream: url },
        { path: '/off', upstream: url, compress: 'off' },
      ],
      { compress: 'on' },
    );
    expect(fieldOf((await askFor(running, 'gzip')).fields, 'content-encoding')).toBe('gzip');
    expect(fieldOf((await askFor(running, 'gzip', 'h1', '/off')).fields, 'vary')).toBe('Cookie');
  });
});

describe('compress', () => {
  it('does so for an app, and when the target is not told what the client accepts', async () => {
    const app = join(import.meta.dirname, '../../packages/proxy/test/support/echoApp.ts');
    const headers = { request: { remove: ['accept-encoding'] } };
    const running = await start([{ path: '/', app, compress: { minSize: '0B' }, headers }]);
    const answer = await askFor(running, 'br;q=0.1, gzip');
    expect(fieldOf(answer.fields, 'content-encoding')).toBe('gzip');
    expect(JSON.parse(gunzipSync(answer.body).toString()).headers).not.toHaveProperty('accept-encoding');
  });

  it('takes of what the client likes equally what the configuration names first', async () => {
    const running = await behind(text, { encodings: ['gzip', 'br'] });
    expect(fieldOf((await askFor(running, 'br, gzip, zstd')).fields, 'content-encoding')).toBe('gzip');
    expect(fieldOf((await askFor(running, 'zstd')).fields, 'content-encoding')).toBeUndefined();
  });

  it('never holds more of a body than a piece: a client that does not read stops a bomb', async () => {
    const PIECE = Buffer.alloc(64 * 1024);
    let sent = 0;
    const running = await behind((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      const more = (): void => {
        // Not worth compressing, so that the way out fills.
        while (sent < 4000 && response.write(scrambled(PIECE, sent))) sent += 1;
      };
      response.on('drain', more);
      more();
    });
    const { answered } = open(running.httpsPort, 'h1', 'GET', '/', { 'accept-encoding': 'gzip' });
    await answered;
    let before = -1;
    await expect
      .poll(
        () => {
          const stands = sent === before;
          before = sent;
          return stands;
        },
        { interval: 300 },
      )
      .toBe(true);
    // What the kernel's buffers and the streams hold; the whole would be 250 MB.
    expect(sent).toBeLessThan(1000);
  });
});

function scrambled(piece: Buffer, seed: number): Buffer {
  const copy = Buffer.allocUnsafe(piece.length);
  let state = seed + 1;
  for (let at = 0; at < copy.length; at += 4) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    copy.writeUInt32LE(state, at);
  }
  return copy;
}
