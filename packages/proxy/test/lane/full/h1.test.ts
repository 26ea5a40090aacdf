// HTTP/1.1 in the full lane: the gate, the limits, the time-outs, and what becomes of the connection.
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { plain, route, startFront, type Running, type Wanted } from '../../support/front.ts';
import { exchangeRaw, rawConnect } from '../../support/raw.ts';

const APP = join(import.meta.dirname, '../../support/echoApp.ts');

const appFront = (wanted: Wanted = {}, bodyBytes = 1_000_000): Promise<Running> =>
  startFront(plain({ ...wanted, routes: [route('/', { kind: 'app', module: APP }, bodyBytes)] }));

describe('full lane, gate', () => {
  it.each([
    ['two hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['an empty host', 'GET / HTTP/1.1\r\nHost: \r\n\r\n', 400],
    ['a user in the host', 'GET / HTTP/1.1\r\nHost: u@a\r\n\r\n', 400],
    ['a target of another host', 'GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['a fragment', 'GET /#x HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['a backslash', 'GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['a path above the root', 'GET /../x HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    [
      'both framings',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    [
      'an empty Transfer-Encoding',
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \r\nContent-Length: 5\r\n\r\nhello',
      400,
    ],
    ['chunked in HTTP/1.0', 'POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400],
    [
      'another coding',
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
      501,
    ],
    ['a signed length', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello', 400],
    ['a folded field', 'GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n', 400],
    ['a space before the colon', 'GET / HTTP/1.1\r\nHost: a\r\nX : a\r\n\r\n', 400],
    ['a bare line feed', 'GET / HTTP/1.1\nHost: a\n\n', 400],
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['HTTP/0.9', 'GET /\r\n\r\n', 505],
    ['HTTP/3 in text', 'GET / HTTP/3.0\r\nHost: a\r\n\r\n', 505],
    ['HTTP/2 in text', 'GET / HTTP/2.0\r\nHost: a\r\n\r\n', 505],
    ['CONNECT', 'CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n', 501],
    ['TRACE', 'TRACE / HTTP/1.1\r\nHost: a\r\n\r\n', 501],
    ['an unknown expectation', 'GET / HTTP/1.1\r\nHost: a\r\nExpect: cake\r\n\r\n', 417],
    ['a long target', `GET /${'x'.repeat(9000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414],
    ['large fields', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(17_000)}\r\n\r\n`, 431],
    ['fields without end', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(100_000)}`, 431],
    ['many fields', `GET / HTTP/1.1\r\nHost: a\r\n${'X: 1\r\n'.repeat(101)}\r\n`, 431],
    [
      'a second host beyond the field count',
      `GET / HTTP/1.1\r\n${'X: 1\r\n'.repeat(100)}Host: a\r\nHost: b\r\n\r\n`,
      431,
    ],
  ])('answers %s with a refusal, a record, and the end of the connection', async (_name, bytes, status) => {
    const { httpPort, records, front } = await appFront();
    const answer = await exchangeRaw(httpPort, bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toMatch(/\r\nConnection: close\r\n/i);
    expect(answer.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
    await expect.poll(() => records.map((record) => record.status)).toEqual([status]);
    expect(Object.values(front.status().refusals)).toEqual([1]);
  });

  it('does not answer what is pipelined after a refused head', async () => {
    const { httpPort, records } = await appFront();
    const answer = await exchangeRaw(
      httpPort,
      'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\nGET /secret HTTP/1.1\r\nHost: a\r\n\r\n',
    );
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(records).toHaveLength(1);
  });

  it('ignores upgrades it does not know, and drops their fields', async () => {
    const { httpPort } = await appFront();
    const answer = await exchangeRaw(
      httpPort,
      'GET /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(answer).not.toMatch(/h2c|http2-settings/);
  });

  it('answers OPTIONS * itself', async () => {
    const { httpPort } = await appFront();
    const answer = await exchangeRaw(httpPort, 'OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 204 /);
  });

  it('serves HTTP/1.0 with and without keep-alive', async () => {
    const { httpPort } = await appFront();
    expect(await exchangeRaw(httpPort, 'GET / HTTP/1.0\r\nHost: a\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 OK/);
    const kept = await exchangeRaw(
      httpPort,
      'GET /1 HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\nGET /2 HTTP/1.0\r\nHost: a\r\n\r\n',
    );
    expect(kept.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
  });
});

describe('full lane, body', () => {
  const post = (path: string, fields: string, body: string): string =>
    `POST ${path} HTTP/1.1\r\nHost: a\r\n${fields}\r\n\r\n${body}`;

  it('counts a body, sized or chunked, and gives the app its trailers', async () => {
    const { httpPort, records } = await appFront();
    const answer = await exchangeRaw(
      httpPort,
      post('/count', 'Content-Length: 5', 'hello') +
        post('/count', 'Connection: close\r\nTransfer-Encoding: chunked', '3\r\nabc\r\n0\r\nX-T: 1\r\n\r\n'),
    );
    expect(answer).toContain('{"bytes":5,"trailers":{}}');
    expect(answer).toContain('{"bytes":3,"trailers":{"x-t":"1"}}');
    await expect.poll(() => records.map(({ bytesIn }) => bytesIn)).toEqual([5, 3]);
  });

  it('answers 413 to an announced body that is too large, before it is sent', async () => {
    const { httpPort, record } = await appFront({}, 10);
    const client = rawConnect(httpPort);
    client.write('POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n');
    const answer = await client.untilClosed();
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(await record()).toMatchObject({ status: 413, bytesIn: 0 });
  });

  it('answers 413 in the middle of a chunked body, and the answer arrives although the client goes on sending', async () => {
    const { httpPort, record } = await appFront({}, 100_000);
    const client = rawConnect(httpPort);
    client.write('POST /count HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
    for (let sent = 0; sent < 60; sent++) client.write(chunk);
    expect(await client.until((text) => text.includes('body-too-large'))).toMatch(/^HTTP\/1\.1 413 /);
    expect(await record()).toMatchObject({ status: 413 });
  });

  it('answers an app that ignores a large body, and ends the connection without a reset', async () => {
    const { httpPort } = await appFront();
    const client = rawConnect(httpPort);
    client.write(`POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n${'x'.repeat(500_000)}`);
    expect(await client.until((text) => text.includes('ignored\n'))).toMatch(/Connection: close\r\n/i);
    await client.untilClosed();
  });

  it('keeps the connection when what an app ignores is small', async () => {
    const { httpPort } = await appFront();
    const client = rawConnect(httpPort);
    client.write(post('/ignore', 'Content-Length: 5', 'hello'));
    await client.until((text) => text.includes('ignored\n'));
    client.write('GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(await client.untilClosed()).toContain('"url":"/next"');
  });

  it('answers 400 to a body whose chunks are broken', async () => {
    const { httpPort, record } = await appFront();
    const answer = await exchangeRaw(
      httpPort,
      post('/count', 'Transfer-Encoding: chunked', '3\r\nabc\r\nzz\r\n'),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(await record()).toMatchObject({ status: 400, path: '/count' });
  });

  it('records 499 for a client that leaves in the middle of its body', async () => {
    const { httpPort, record } = await appFront();
    const client = rawConnect(httpPort);
    client.write(post('/count', 'Content-Length: 50', 'hello'));
    await wait(50);
    client.socket.destroy();
    expect(await record()).toMatchObject({ status: 499, bytesIn: 5 });
  });
});

describe('full lane, time-outs', () => {
  it('answers 408 to a head that does not end in time, and nothing to a connection that was never used', async () => {
    const { httpPort, records } = await appFront({ timeouts: { requestHeaderMs: 100 } });
    const silent = rawConnect(httpPort);
    const slow = rawConnect(httpPort);
    slow.write('GET / HTTP/1.1\r\nHost: a\r\n');
    expect(await slow.untilClosed()).toMatch(/^HTTP\/1\.1 408 /);
    expect(await silent.untilClosed()).toBe('');
    expect(records.map(({ status }) => status)).toEqual([408]);
  });

  it('answers 408 to a body that stops', async () => {
    const { httpPort, record } = await appFront({ timeouts: { bodyIdleMs: 1000 } });
    const client = rawConnect(httpPort);
    client.write('POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\nhello');
    expect(await client.untilClosed()).toMatch(/^HTTP\/1\.1 408 /);
    expect(await record()).toMatchObject({ status: 408, bytesIn: 5 });
  });

  it('closes a kept connection after its idle time', async () => {
    const { httpPort } = await appFront({ timeouts: { keepAliveMs: 100 } });
    const client = rawConnect(httpPort);
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await client.untilClosed()).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('cuts a client that does not read its answer, and records it', async () => {
    const { httpPort, record, front } = await appFront({ timeouts: { responseIdleMs: 300 } });
    const client = rawConnect(httpPort);
    client.socket.pause();
    client.write('GET /blocks?blocks=400 HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await record()).toMatchObject({ status: 499, path: '/blocks?blocks=400' });
    await expect.poll(() => front.status().connections).toBe(0);
  });

  it('does not cut a client that reads slowly, nor one whose app is slow', async () => {
    const { httpPort, record } = await appFront({ timeouts: { responseIdleMs: 3000 } });
    const waiting = rawConnect(httpPort);
    waiting.write('GET /slow?ms=4500 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    const client = rawConnect(httpPort);
    client.write('GET /blocks?blocks=200 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    for (let pause = 0; pause < 10; pause++) {
      client.socket.pause();
      await wait(450);
      client.socket.resume();
      await wait(2);
    }
    await client.untilClosed();
    expect(await record(({ path }) => path.startsWith('/blocks'))).toMatchObject({
      status: 200,
      bytesOut: 200 * 65_536,
    });
    expect(await waiting.untilClosed()).toMatch(/slow\n/);
  });
});

describe('full lane, connections', () => {
  it('ends a connection after its number of requests', async () => {
    const { httpPort } = await appFront({ limits: { requestsPerConnection: 2 } });
    const client = rawConnect(httpPort);
    client.write('GET /1 HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.until((text) => text.includes('"/1"'));
    client.write('GET /2 HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await client.untilClosed()).toMatch(/Connection: close[\s\S]*"\/2"/i);
  });

  it('closes connections beyond the limit at once, and counts them', async () => {
    const { httpPort, front } = await appFront({ limits: { connections: 1 } });
    const first = rawConnect(httpPort);
    await once(first.socket, 'connect');
    const second = rawConnect(httpPort);
    expect(await second.untilClosed()).toBe('');
    expect(front.status()).toMatchObject({ accepted: 2, overLimit: 1 });
    first.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(await first.untilClosed()).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('answers pipelined requests in their order', async () => {
    const { httpPort } = await appFront();
    const answer = await exchangeRaw(
      httpPort,
      'GET /slow?ms=100 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    );
    expect(answer).toMatch(/slow\n[\s\S]*"\/2"/);
  });
});
