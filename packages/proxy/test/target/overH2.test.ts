// Every kind of target over HTTP/2: the same status, fields and body as over HTTP/1.1.
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http2';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { respond, route, startFront, temporaryDirectory, upstream, type Running } from '../support/front.ts';
import { answering, rawUpstream } from '../support/upstream.ts';

async function start(): Promise<Running> {
  const directory = join(temporaryDirectory(), 'site');
  mkdirSync(directory);
  writeFileSync(join(directory, 'data.bin'), '0123456789');
  const { url } = await rawUpstream(
    answering(
      'HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\nX-A: 1\r\nContent-Length: 10\r\n\r\n',
    ),
  );
  return startFront({
    routes: [
      route('/files/', {
        kind: 'files',
        files: { directory, index: [], cacheControl: undefined, fallback: undefined },
      }),
      route('/gone', { kind: 'redirect', to: '/new', status: 301, keepPath: 'off' }),
      route('/none', respond('', 204)),
      route('/head', upstream([url])),
      route('/', respond('hello\n')),
    ],
  });
}

async function ask(
  { httpsPort }: Running,
  headers: OutgoingHttpHeaders,
): Promise<{ headers: IncomingHttpHeaders; body: string }> {
  const session = connect(`https://localhost:${httpsPort}`, { rejectUnauthorized: false });
  onTestFinished(() => session.destroy());
  const stream = session.request(headers);
  const [answer] = await once(stream, 'response');
  let body = '';
  for await (const chunk of stream.setEncoding('utf8')) body += chunk;
  return { headers: answer, body };
}

describe('over h2', () => {
  it('files: whole, in part, not modified, by HEAD', async () => {
    const running = await start();
    const path = '/files/data.bin';
    const whole = await ask(running, { ':path': path });
    expect(whole).toMatchObject({ headers: { ':status': 200, 'content-length': '10' }, body: '0123456789' });
    const part = await ask(running, { ':path': path, range: 'bytes=2-3' });
    expect(part).toMatchObject({ headers: { ':status': 206, 'content-range': 'bytes 2-3/10' }, body: '23' });
    const same = await ask(running, { ':path': path, 'if-none-match': whole.headers.etag });
    expect(same).toMatchObject({ headers: { ':status': 304 }, body: '' });
    const head = await ask(running, { ':path': path, ':method': 'HEAD' });
    expect(head).toMatchObject({ headers: { ':status': 200, 'content-length': '10' }, body: '' });
    const post = await ask(running, { ':path': path, ':method': 'DELETE' });
    expect(post.headers).toMatchObject({ ':status': 405, allow: 'GET, HEAD' });
  });

  it('redirect, respond and nothing at all', async () => {
    const running = await start();
    expect((await ask(running, { ':path': '/gone' })).headers).toMatchObject({
      ':status': 301,
      location: '/new',
    });
    expect(await ask(running, { ':path': '/' })).toMatchObject({
      headers: { ':status': 200 },
      body: 'hello\n',
    });
    const none = await ask(running, { ':path': '/none' });
    expect(none).toMatchObject({ headers: { ':status': 204 }, body: '' });
    expect(none.headers['content-length']).toBeUndefined();
  });

  it('an upstream’s answer to HEAD, without the fields of its connection', async () => {
    const { headers, body } = await ask(await start(), { ':path': '/head', ':method': 'HEAD' });
    expect(headers).toMatchObject({
      ':status': 200,
      'content-length': '10',
      'x-a': '1',
      via: '1.1 tollgate',
    });
    expect(headers).not.toHaveProperty('keep-alive');
    expect(headers).not.toHaveProperty('connection');
    expect(body).toBe('');
  });
});
