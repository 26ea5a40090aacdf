// `errorPages`, `cors` and `maintenance`: what a client gets in place of, or beside, the target's answer.
import { describe, expect, it } from 'vitest';
import { httpUpstream } from '../../packages/proxy/test/support/upstream.ts';
import { ask, fieldOf } from '../support/ask.ts';
import { directoryWith, LANES, PROTOCOLS, start, valuesOf } from './start.ts';

describe.each(PROTOCOLS)('error pages, %s', (protocol) => {
  it.each(['wire', 'http-proxy'])(
    'are sent for answers of the front and of an upstream (%s)',
    async (engine) => {
      const { url } = await httpUpstream((request, answer) => {
        const status = Number(request.url?.slice(1));
        answer.writeHead(status, { 'content-type': 'application/json', etag: '"1"', 'x-kept': '1' });
        answer.end('{"secret":"of the upstream"}');
      });
      const pages = directoryWith({ '404.html': '<h1>Lost</h1>', 'broken.txt': 'broken' });
      const { httpsPort } = await start([
        {
          path: '/',
          upstream: { servers: [url], engine },
          errorPages: { 404: `${pages}/404.html`, '5xx': `${pages}/broken.txt` },
        },
        {
          path: '/none',
          upstream: { servers: ['http://127.0.0.1:1'], engine },
          errorPages: { 502: `${pages}/broken.txt` },
        },
      ]);
      const lost = await ask(httpsPort, protocol, { path: '/404' });
      expect([lost.status, lost.body.toString()]).toEqual([404, '<h1>Lost</h1>']);
      expect(valuesOf(lost.fields, 'content-type')).toEqual(['text/html; charset=utf-8']);
      expect(valuesOf(lost.fields, 'content-length')).toEqual(['13']);
      expect([fieldOf(lost.fields, 'etag'), fieldOf(lost.fields, 'x-kept')]).toEqual([undefined, '1']);
      expect((await ask(httpsPort, protocol, { path: '/503' })).body.toString()).toBe('broken');
      expect((await ask(httpsPort, protocol, { path: '/403' })).body.toString()).toContain('secret');
      expect((await ask(httpsPort, protocol, { path: '/200' })).body.toString()).toContain('secret');
      const none = await ask(httpsPort, protocol, { path: '/none' });
      expect([none.status, none.body.toString()]).toEqual([502, 'broken']);
      const head = await ask(httpsPort, protocol, { path: '/404', method: 'HEAD' });
      expect([head.status, head.body.length, fieldOf(head.fields, 'content-length')]).toEqual([404, 0, '13']);
    },
  );
});

describe.each(PROTOCOLS)('cors, %s', (protocol) => {
  const OURS = 'https://app.example';
  const running = (cors: object): ReturnType<typeof start> =>
    start([
      {
        path: '/',
        respond: { headers: { 'Access-Control-Allow-Origin': '*', Vary: 'Accept' }, body: 'data' },
        cors,
        // Whoever answers preflights must not be stopped by what comes after.
        headers: { response: { set: { 'x-after': 1 } } },
      },
    ]);

  it('answers a preflight of an origin that may ask, and no other', async () => {
    const { httpsPort, refusals } = await running({
      origins: [OURS],
      methods: ['GET', 'PUT'],
      maxAge: '10m',
    });
    const preflight = (origin: string): ReturnType<typeof ask> =>
      ask(httpsPort, protocol, {
        path: '/',
        method: 'OPTIONS',
        fields: { origin, 'access-control-request-method': 'PUT' },
      });
    const { status, fields } = await preflight(OURS);
    expect(status).toBe(204);
    expect(valuesOf(fields, 'access-control-allow-origin')).toEqual([OURS]);
    expect(fieldOf(fields, 'access-control-allow-methods')).toBe('GET, PUT');
    expect(fieldOf(fields, 'access-control-allow-headers')).toBe('Authorization, Content-Type');
    expect(fieldOf(fields, 'access-control-max-age')).toBe('600');
    expect(valuesOf(fields, 'vary')).toEqual(['Origin']);
    const refused = await preflight('https://evil.example');
    expect([refused.status, fieldOf(refused.fields, 'access-control-allow-origin')]).toEqual([
      403,
      undefined,
    ]);
    expect(refusals()).toEqual({ 'origin-denied': 1 });
    expect((await ask(httpsPort, protocol, { path: '/', method: 'OPTIONS' })).body.toString()).toBe('data');
  });

  it('says whose pages may read an answer, whatever the target says', async () => {
    const { httpsPort } = await running({ origins: [OURS], credentials: 'on', expose: ['X-Total'] });
    const of = (origin: string): ReturnType<typeof ask> =>
      ask(httpsPort, protocol, { path: '/', fields: { origin } });
    const { fields } = await of(OURS);
    expect(valuesOf(fields, 'access-control-allow-origin')).toEqual([OURS]);
    expect(fieldOf(fields, 'access-control-allow-credentials')).toBe('true');
    expect(fieldOf(fields, 'access-control-expose-headers')).toBe('X-Total');
    expect(valuesOf(fields, 'vary')).toEqual(['Accept', 'Origin']);
    const other = await of('https://evil.example');
    expect([other.status, fieldOf(other.fields, 'access-control-allow-origin')]).toEqual([200, undefined]);
    const open = await running({ origins: 'any' });
    const answer = await ask(open.httpsPort, protocol, { path: '/', fields: { origin: 'null' } });
    expect(valuesOf(answer.fields, 'access-control-allow-origin')).toEqual(['*']);
    expect(valuesOf(answer.fields, 'vary')).toEqual(['Accept']);
  });
});

describe.each(LANES)('maintenance, %s lane', (_lane, more) => {
  it.each(PROTOCOLS)('%s: 503 with Retry-After for all but those who do the work', async (protocol) => {
    const { httpsPort } = await start(
      [
        { path: '/', respond: { body: 'x' }, ...more },
        { path: '/back', respond: { body: 'back' }, maintenance: 'off', ...more },
        { path: '/work', respond: { body: 'work' }, maintenance: { exempt: ['127.0.0.0/8'] }, ...more },
        {
          path: '/away',
          respond: { body: 'away' },
          maintenance: { exempt: '192.0.2.1', retryAfter: '90s' },
          ...more,
        },
      ],
      { maintenance: 'on' },
    );
    const got = async (path: string): Promise<[number, string | undefined]> => {
      const { status, fields } = await ask(httpsPort, protocol, { path });
      return [status, fieldOf(fields, 'retry-after')];
    };
    expect(await got('/')).toEqual([503, '300']);
    expect(await got('/back')).toEqual([200, undefined]);
    expect(await got('/work')).toEqual([200, undefined]);
    expect(await got('/away')).toEqual([503, '90']);
  });
});
