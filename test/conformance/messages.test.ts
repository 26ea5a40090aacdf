// Methods, bodies, statuses and trailers: the same answer and the same record whichever way the app is reached.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ask, endToEnd } from '../support/ask.ts';
import type { Asked } from '../support/ask.ts';
import type { Seen } from '../support/probe/app.ts';
import { recordOf } from '../support/records.ts';
import { DIRECT, onEveryWay, startedForSuite, WAYS } from '../support/ways.ts';

const sha256 = (body: Buffer): string => createHash('sha256').update(body).digest('hex');
const LARGE = Buffer.alloc(300_007, 'tollgate ');
const pieces = (body: Buffer): { pieces: Buffer[] } => ({ pieces: [body.subarray(0, 5), body.subarray(5)] });

const BODIES: readonly (readonly [name: string, body: Asked['body'], bytes: Buffer])[] = [
  ['no body', undefined, Buffer.alloc(0)],
  ['an announced empty body', '', Buffer.alloc(0)],
  ['an announced body', 'hello body', Buffer.from('hello body')],
  ['a large announced body', LARGE, LARGE],
  ['a body in pieces', pieces(Buffer.from('hello pieces')), Buffer.from('hello pieces')],
  ['a large body in pieces', pieces(LARGE), LARGE],
];

/** A request to GET, HEAD or DELETE may have a body too; losing or inventing one is how requests are smuggled. */
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

const reference = startedForSuite(DIRECT);

onEveryWay(WAYS, (running, protocol) => {
  let count = 0;
  /** A path of its own, by which a request's record is found. */
  const unique = (path: string): string =>
    `${path}${path.includes('?') ? '&' : '?'}case=${protocol}-${(count += 1)}`;

  describe.each(METHODS)('%s', (method) => {
    it.each(BODIES)('with %s reaches the app as it is', async (_name, body, bytes) => {
      const path = unique('/probe/echo');
      const answer = await ask(running().httpsPort, protocol, {
        method,
        path,
        ...(body !== undefined && { body }),
      });
      expect(answer.status).toBe(200);
      const seen: Seen = JSON.parse(answer.body.toString());
      expect(seen).toMatchObject({ method, target: path, bytes: bytes.length, sha256: sha256(bytes) });
      expect(await recordOf(running(), path)).toMatchObject({
        method,
        host: 'app.test',
        status: 200,
        bytesIn: bytes.length,
        bytesOut: answer.body.length,
      });
    });
  });

  it.each([
    ['/healthz'],
    ['/style.css'],
    ['/download?bytes=1024'],
    ['/download?bytes=17179869184'],
    ['/status?code=404'],
    ['/nowhere'],
    ['/trailers'],
  ])('HEAD %s has the fields of the direct answer and no body', async (path) => {
    const asked = { method: 'HEAD', path: unique(path) };
    const answer = await ask(running().httpsPort, protocol, asked);
    const direct = await ask(reference().httpsPort, protocol, asked);
    expect(answer.body.length).toBe(0);
    expect([answer.status, endToEnd(answer.fields)]).toEqual([direct.status, endToEnd(direct.fields)]);
    expect(await recordOf(running(), asked.path)).toMatchObject({ method: 'HEAD', bytesOut: 0 });
  });

  it.each([
    ['/healthz'],
    ['/style.css'],
    ['/icon.svg'],
    ['/download?bytes=0'],
    ['/download?bytes=1024'],
    ['/download?bytes=3000001'],
    ['/download?bytes=x'],
    ['/nowhere'],
    ['/ws'],
    ['/probe/fields'],
    ['/probe/large-fields'],
    ['/events?count=3&intervalMs=1'],
    ['/trailers'],
  ])('GET %s is the direct answer, byte for byte', async (path) => {
    const asked = { path: unique(path) };
    const answer = await ask(running().httpsPort, protocol, asked);
    const direct = await ask(reference().httpsPort, protocol, asked);
    expect([answer.status, endToEnd(answer.fields)]).toEqual([direct.status, endToEnd(direct.fields)]);
    // The times in events differ, nothing else.
    const timeless = (body: Buffer): string => body.toString('latin1').replaceAll(/"atMs":\d+/g, '');
    expect(timeless(answer.body)).toBe(timeless(direct.body));
    expect(answer.trailers).toEqual(direct.trailers);
  });

  it.each([200, 201, 204, 205, 301, 304, 400, 404, 418, 500, 502, 503, 599])(
    'status %i arrives as the app sent it',
    async (code) => {
      const path = unique(`/status?code=${code}`);
      const answer = await ask(running().httpsPort, protocol, { path });
      const direct = await ask(reference().httpsPort, protocol, { path });
      expect(answer.status).toBe(code);
      expect(answer.body.equals(direct.body)).toBe(true);
      expect(endToEnd(answer.fields)).toEqual(endToEnd(direct.fields));
      expect(await recordOf(running(), path)).toMatchObject({ status: code, bytesOut: answer.body.length });
    },
  );

  it('a cached answer is confirmed with 304 and its tag', async () => {
    const first = await ask(running().httpsPort, protocol, { path: '/style.css' });
    const [, etag = ''] = first.fields.find(([name]) => name.toLowerCase() === 'etag') ?? [];
    const fields = { 'if-none-match': etag };
    const again = await ask(running().httpsPort, protocol, { path: '/style.css', fields });
    expect([again.status, again.body.length]).toEqual([304, 0]);
    expect(endToEnd(again.fields)).toContainEqual([expect.stringMatching(/^etag$/i), etag]);
  });

  it('trailers pass both ways', async () => {
    const answer = await ask(running().httpsPort, protocol, {
      method: 'POST',
      path: '/trailers',
      body: pieces(Buffer.from('body')),
      trailers: { 'x-sum': '42' },
    });
    expect(JSON.parse(answer.body.toString())).toEqual({ trailers: { 'x-sum': '42' } });
    const digest = createHash('sha256').update(answer.body).digest('base64');
    expect(answer.trailers).toMatchObject({ 'repr-digest': `sha-256=:${digest}:` });
  });

  it.each([
    '/probe/echo?x=%41&y=a+b%20c&z=%C3%A9&empty=',
    '/probe/echo??a=/../b',
    '/probe/echo?q=a;b,c:d@e!$()*',
  ])('target %s is not rewritten', async (path) => {
    const answer = await ask(running().httpsPort, protocol, { path });
    expect(JSON.parse(answer.body.toString()).target).toBe(path);
  });

  it('a slow answer is waited for', async () => {
    const path = unique('/slow?ms=300');
    const answer = await ask(running().httpsPort, protocol, { path });
    expect(JSON.parse(answer.body.toString())).toEqual({ waitedMs: 300 });
    const { durationMs } = await recordOf(running(), path);
    expect(durationMs).toBeGreaterThan(250);
  });

  it('its record tells who asked what over what, and of whom the front asked it', async () => {
    const path = unique('/healthz');
    const fields = { 'user-agent': 'conformance', referer: 'https://app.test/' };
    await ask(running().httpsPort, protocol, { path, fields });
    const { way, upstream } = running();
    const record = await recordOf(running(), path);
    expect(record).toMatchObject({
      client: '127.0.0.1',
      method: 'GET',
      scheme: 'https',
      host: 'app.test',
      path,
      protocol: protocol === 'h1' ? 'HTTP/1.1' : 'HTTP/2.0',
      status: 200,
      bytesIn: 0,
      bytesOut: 3,
      upstream,
      tlsVersion: 'TLSv1.3',
      tlsCipher: expect.stringMatching(/^TLS_/),
      requestId: expect.stringMatching(/./),
      userAgent: 'conformance',
      referer: 'https://app.test/',
    });
    expect(record.upstreamMs === undefined).toBe(way.kind !== 'hop');
  });
});
