// The wire lane from outside: raw bytes in, raw bytes out, a recording upstream behind it.
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { sharesReads } from '../../../src/lane/wire/sharedRead.ts';
import { plain, respond, route, startFront } from '../../support/front.ts';
import { exchangeRaw, rawConnect } from '../../support/raw.ts';
import { frontBefore, get, ok, rawUpstream } from './upstreams.ts';

describe('wire lane', () => {
  it('has what it needs of this Node to read all sockets into one buffer', () => {
    expect(sharesReads).toBe(true);
  });

  it('rewrites the head once and passes the answer back on a connection that stays open', async () => {
    const behind = await rawUpstream((socket) => socket.write(ok('hi')));
    const { httpPort, record } = await frontBefore(behind);
    const client = rawConnect(httpPort);
    client.write('GET /a?b=c HTTP/1.1\r\nHost: example.com\r\nUser-Agent: t\r\n\r\n');
    const answer = await client.until((text) => text.endsWith('hi'));
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer).toContain('\r\nVia: 1.1 tollgate\r\n');
    expect(answer).toContain('\r\nDate: ');
    expect(behind.received[0]).toMatch(
      /^GET \/a\?b=c HTTP\/1\.1\r\nHost: example\.com\r\nUser-Agent: t\r\nX-Forwarded-For: 127\.0\.0\.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: example\.com\r\nForwarded: for=127\.0\.0\.1;proto=http;host=example\.com\r\nX-Request-Id: [\w-]+\r\nVia: 1\.1 tollgate\r\nX-Request-Start: t=\d{16}\r\n\r\n$/,
    );
    expect(await record()).toMatchObject({ status: 200, path: '/a?b=c', host: 'example.com', bytesOut: 2 });
    client.write('GET /2 HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n');
    expect(await client.untilClosed()).toContain('Connection: close\r\n');
    expect(behind.sockets).toHaveLength(1);
  });

  it('answers pipelined requests in order', async () => {
    const behind = await rawUpstream((socket, text) => socket.write(ok(/^GET (\S+)/.exec(text)?.[1] ?? '?')));
    const { httpPort } = await frontBefore(behind);
    const answer = await exchangeRaw(httpPort, get('/1') + get('/2') + get('/3', 'Connection: close\r\n'));
    expect([...answer.matchAll(/\r\n\r\n(\/\d)/g)].map((match) => match[1])).toEqual(['/1', '/2', '/3']);
  });

  it('hears that a client has left which has sent more ahead than is kept, while its answer is silent', async () => {
    const behind = await rawUpstream((socket) => socket.write('HTTP/1.1 200 OK\r\n\r\nfirst'));
    const { httpPort, record } = await frontBefore(behind, { timeouts: { responseIdleMs: 300 } });
    const client = rawConnect(httpPort);
    client.write(get('/silent'));
    await client.until((text) => text.includes('first'));
    client.write('x'.repeat(40_000));
    await sleep(100);
    client.socket.resetAndDestroy();
    expect(await record()).toMatchObject({ path: '/silent', status: 499 });
    await expect.poll(() => behind.sockets[0]?.readyState).not.toBe('open');
  });

  it('ends a connection, at a drain, whose unwanted body is still coming', async () => {
    const { front, httpPort } = await startFront(
      plain({ routes: [route('/', respond('hello'))], timeouts: { drainMs: 120_000 } }),
    );
    const client = rawConnect(httpPort);
    client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello');
    await client.until((text) => text.endsWith('hello'));
    const drained = front.drain();
    client.write('world');
    expect(await client.untilClosed()).toMatch(/^HTTP\/1\.1 200 [^]*hello$/);
    await drained;
  });

  it('passes a body on as it was framed', async () => {
    const behind = await rawUpstream((socket, text) => {
      if (text.includes('0\r\n\r\n')) socket.write(ok('done'));
    });
    const { httpPort, record } = await frontBefore(behind);
    const client = rawConnect(httpPort);
    client.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhel');
    await client
      .until(() => behind.received[0]?.includes('hel') === true || behind.received[0] === undefined)
      .catch(() => '');
    client.write('lo\r\n0\r\n\r\n');
    await client.until((text) => text.endsWith('done'));
    expect(behind.received[0]?.split('\r\n\r\n').slice(1).join('\r\n\r\n')).toBe('5\r\nhello\r\n0\r\n\r\n');
    expect(await record()).toMatchObject({ bytesIn: 5 });
  });

  it('gives a body delimited by close as chunks', async () => {
    const behind = await rawUpstream((socket) => socket.end('HTTP/1.0 200 OK\r\n\r\nhello'));
    const { httpPort } = await frontBefore(behind);
    const client = rawConnect(httpPort);
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const answer = await client.until((text) => text.endsWith('0\r\n\r\n'));
    expect(answer).toContain('Transfer-Encoding: chunked\r\n');
    expect(answer).toContain('Via: 1.0 tollgate\r\n');
    expect(answer).toMatch(/\r\n\r\n5\r\nhello\r\n0\r\n\r\n$/);
  });

  it('hands what it doubts to the full lane with every byte, also after requests of its own', async () => {
    const { httpPort } = await startFront(plain({ routes: [route('/', respond('mine'))] }));
    const answer = await exchangeRaw(
      httpPort,
      'GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /%61 HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    );
    expect([...answer.matchAll(/HTTP\/1\.1 200/g)]).toHaveLength(3);
    expect([...answer.matchAll(/mine/g)]).toHaveLength(3);
  });

  it('takes the answers to errors and unknown hosts from the table', async () => {
    const behind = await rawUpstream((socket) => socket.end('garbage\r\n\r\n'));
    const { httpPort, records } = await frontBefore(behind);
    const answer = await exchangeRaw(httpPort, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 502 /);
    expect(records[0]).toMatchObject({ status: 502 });
  });
});
