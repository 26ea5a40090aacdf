// The front as a whole: it listens, answers over http, https and h2, and ends.
import { once } from 'node:events';
import { connect as connectH2 } from 'node:http2';
import { describe, expect, it, onTestFinished } from 'vitest';
import { plain, respond, route, startFront } from './support/front.ts';
import { exchangeRaw, rawConnectTls } from './support/raw.ts';

describe('front', () => {
  it('answers over plain http and writes one record', async () => {
    const { httpPort, record } = await startFront(plain());
    const answer = await exchangeRaw(
      httpPort,
      'GET /a?b=c HTTP/1.1\r\nHost: Example.com\r\nConnection: close\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer).toMatch(/\r\n\r\nhello\n$/);
    expect(await record()).toMatchObject({
      method: 'GET',
      host: 'example.com',
      path: '/a?b=c',
      status: 200,
      bytesOut: 6,
      client: '127.0.0.1',
      scheme: 'http',
      protocol: 'HTTP/1.1',
    });
  });

  it('answers over https with the facts of TLS in the record', async () => {
    const { httpsPort, record } = await startFront();
    const client = rawConnectTls(httpsPort, { servername: 'localhost' });
    client.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    expect(await client.untilClosed()).toMatch(/hello\n$/);
    expect(await record()).toMatchObject({
      scheme: 'https',
      tlsVersion: 'TLSv1.3',
      tlsCipher: 'TLS_AES_128_GCM_SHA256',
    });
  });

  it('answers over h2', async () => {
    const { httpsPort, record } = await startFront();
    const session = connectH2(`https://localhost:${httpsPort}`, { rejectUnauthorized: false });
    onTestFinished(() => session.destroy());
    const stream = session.request({ ':path': '/x' });
    const [headers] = await once(stream, 'response');
    let body = '';
    for await (const chunk of stream.setEncoding('utf8')) body += chunk;
    expect(headers).toMatchObject({ ':status': 200 });
    expect(body).toBe('hello\n');
    expect(await record()).toMatchObject({ protocol: 'HTTP/2.0', status: 200, path: '/x', bytesOut: 6 });
  });

  it('redirects http to https on the same host and path with 308', async () => {
    const { httpPort, httpsPort } = await startFront();
    const answer = await exchangeRaw(
      httpPort,
      'GET /a/../b?q HTTP/1.1\r\nHost: x.test\r\nConnection: close\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 308 /);
    expect(answer).toContain(`Location: https://x.test:${httpsPort}/b?q\r\n`);
  });

  it('closes a connection that asked for it, and keeps one that did not', async () => {
    const { httpPort, records } = await startFront(plain());
    const answer = await exchangeRaw(
      httpPort,
      'GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    );
    expect(answer.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
    expect(records.map(({ path }) => path)).toEqual(['/1', '/2']);
    expect(answer).toMatch(/Connection: close\r\n/i);
  });

  it('answers 421 for a host it does not serve, and 404 for a path without a route', async () => {
    const site = {
      hosts: ['a.test'],
      tls: { kind: 'self-signed' as const },
      routes: [route('/x', respond('x'))],
    };
    const { httpPort } = await startFront(plain({ sites: [site] }));
    const ask = (host: string, path: string): Promise<string> =>
      exchangeRaw(httpPort, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    expect(await ask('b.test', '/x')).toMatch(/^HTTP\/1\.1 421 /);
    expect(await ask('a.test', '/y')).toMatch(/^HTTP\/1\.1 404 /);
    expect(await ask('a.test', '/x')).toMatch(/^HTTP\/1\.1 200 /);
  });
});
