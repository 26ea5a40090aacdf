// Whom the front believes, and what targets are told then.
import { describe, expect, it } from 'vitest';
import { respond, route, startFront, upstream, type Running, type Wanted } from '../support/front.ts';
import { exchangeRaw } from '../support/raw.ts';
import { httpUpstream } from '../support/upstream.ts';

const CLAIMS =
  'X-Forwarded-For: 198.51.100.7, 203.0.113.9\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example\r\nX-Request-Id: from-outside-1\r\n';

const get = (fields: string, path = '/'): string =>
  `GET ${path} HTTP/1.1\r\nHost: a.test\r\n${fields}Connection: close\r\n\r\n`;

describe.each(['http-proxy', 'wire'] as const)('trust, %s', (engine) => {
  async function frontOf(trustedProxies: string[], wanted: Wanted = {}): Promise<Running> {
    const { url } = await httpUpstream((request, response) => response.end(JSON.stringify(request.headers)));
    return startFront({ ...wanted, trustedProxies, routes: [route('/', upstream([url], { engine }))] });
  }

  const plainListen: Wanted = {
    listen: [{ scheme: 'http', address: { kind: 'tcp', address: '127.0.0.1', port: 0 } }],
  };

  it('believes nothing of a client that is no proxy of ours', async () => {
    const { httpPort, record } = await frontOf([], plainListen);
    const answer = await exchangeRaw(httpPort, get(CLAIMS));
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'a.test',
      forwarded: 'for=127.0.0.1;proto=http;host=a.test',
      via: '1.1 tollgate',
    });
    const found = await record();
    expect(found.client).toBe('127.0.0.1');
    expect(found.requestId).not.toBe('from-outside-1');
    expect(answer).toContain(`"x-request-id":"${found.requestId}"`);
  });

  it('believes a trusted proxy as far back as the first it does not trust', async () => {
    const { httpPort, record } = await frontOf(['127.0.0.0/8', '203.0.113.0/24'], plainListen);
    const answer = await exchangeRaw(httpPort, get(CLAIMS));
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({
      'x-forwarded-for': '198.51.100.7, 203.0.113.9, 127.0.0.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'shop.example',
      'x-request-id': 'from-outside-1',
    });
    expect(await record()).toMatchObject({ client: '198.51.100.7', requestId: 'from-outside-1' });
  });

  it('does not redirect to https what a trusted proxy received over https', async () => {
    const { httpPort } = await frontOf(['127.0.0.1']);
    expect(await exchangeRaw(httpPort, get(CLAIMS))).toMatch(/^HTTP\/1\.1 200 /);
    expect(await exchangeRaw(httpPort, get(''))).toMatch(/^HTTP\/1\.1 308 /);
    const untrusting = await frontOf([]);
    expect(await exchangeRaw(untrusting.httpPort, get(CLAIMS))).toMatch(/^HTTP\/1\.1 308 /);
  });
});

describe('redirect to https', () => {
  it('answers 421 for a host that is not served, and 404 nowhere', async () => {
    const site = {
      hosts: ['a.test'],
      tls: { kind: 'self-signed' as const },
      routes: [route('/x', respond('x'))],
    };
    const { httpPort, httpsPort } = await startFront({ sites: [site] });
    expect(await exchangeRaw(httpPort, get('').replace('a.test', 'b.test'))).toMatch(/^HTTP\/1\.1 421 /);
    expect(await exchangeRaw(httpPort, get('', '/missing'))).toContain(
      `Location: https://a.test:${httpsPort}/missing\r\n`,
    );
  });

  it('has no open end: a path that looks like a host stays a path', async () => {
    const { httpPort, httpsPort } = await startFront();
    const answer = await exchangeRaw(httpPort, get('', '//evil.example/%0d%0aSet-Cookie:x'));
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(await exchangeRaw(httpPort, get('', '//evil.example/'))).toContain(
      `Location: https://a.test:${httpsPort}/evil.example/\r\n`,
    );
  });

  it('refuses an HTTP/1.0 request without a host: there is nowhere to redirect it to', async () => {
    const { httpPort } = await startFront();
    expect(await exchangeRaw(httpPort, 'GET / HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  });
});
