// Upstreams that go wrong in every way: the client gets a clean error or a cut connection, never a wrong body, and the
// socket that went wrong carries no further request.
import type { Socket } from 'node:net';
import type { PolicyConfig } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { BY_FULL_LANE } from '../../support/front.ts';
import { exchangeRaw, rawConnect } from '../../support/raw.ts';
import { frontBefore, get, ok, rawUpstream } from './upstreams.ts';

const close = 'Connection: close\r\n';
const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1] ?? 0);

/** What one POST (never retried) gets from an upstream that answers so, and whether the next request gets a socket of its own. */
async function faced(
  answer: (socket: Socket, text: string) => void,
  policy: PolicyConfig,
): Promise<{ answer: string; fresh: boolean }> {
  const behind = await rawUpstream((socket, text, index) => {
    if (index === 0 && !text.startsWith('GET')) answer(socket, text);
    else socket.write(ok('fine'));
  });
  const timeouts = { upstreamHeaderMs: 300, responseIdleMs: 300 };
  const { httpPort } = await frontBefore(behind, { timeouts }, policy);
  const given = await exchangeRaw(
    httpPort,
    `POST /x HTTP/1.1\r\nHost: a\r\n${close}Content-Length: 2\r\n\r\nhi`,
  );
  const next = await exchangeRaw(httpPort, get('/next', close));
  expect(next).toMatch(/fine$/);
  return { answer: given, fresh: behind.sockets.length === 2 };
}

describe.each([
  ['wire lane', {}],
  ['full lane', BY_FULL_LANE],
])('upstream faults, %s', (_lane, policy) => {
  it.each([
    ['a bad status line', 'SSH-2.0-x\r\n\r\n'],
    ['HTTP/2', 'HTTP/2 200 OK\r\n\r\n'],
    ['a status below 100', 'HTTP/1.1 099 OK\r\n\r\n'],
    ['bare LF', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nhi'],
    ['a NUL in a value', 'HTTP/1.1 200 OK\r\nX: \0\r\nContent-Length: 2\r\n\r\nhi'],
    ['a folded line', 'HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2\r\n\r\nhi'],
    [
      'length and chunked',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi'],
    ['a length that is no number', 'HTTP/1.1 200 OK\r\nContent-Length: 2x\r\n\r\nhi'],
    ['another coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
    ['an oversized head', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(200_000)}\r\n\r\n`],
    ['too many fields', `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(2000)}\r\n`],
    ['a storm of 1xx', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(100)],
    ['101 that nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n'],
    ['an end at once', ''],
  ])('502 for %s', async (_name, bytes) => {
    const { answer, fresh } = await faced((socket) => socket.end(bytes, 'latin1'), policy);
    const last = answer.slice(answer.lastIndexOf('HTTP/1.1 '));
    expect(statusOf(last)).toBe(502);
    expect(last).toMatch(/upstream-(?:malformed|reset)/);
    expect(fresh).toBe(true);
  });

  it('502 for a reset', async () => {
    const { answer } = await faced((socket) => socket.resetAndDestroy(), policy);
    expect(statusOf(answer)).toBe(502);
  });

  it('504 for silence', async () => {
    const { answer, fresh } = await faced(() => undefined, policy);
    expect(statusOf(answer)).toBe(504);
    expect(fresh).toBe(true);
  });

  it('502 for a server that is not there', async () => {
    const { httpPort } = await frontBefore({ port: 1 }, {}, policy);
    expect(statusOf(await exchangeRaw(httpPort, get('/', close)))).toBe(502);
  });

  it.each([
    ['length', ok('hello world')],
    [
      'chunked',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n',
    ],
  ])(
    'an answer by %s that ends early at any byte is an error or a cut, never a whole answer',
    async (_name, whole) => {
      let cut = 0;
      const behind = await rawUpstream((socket) => socket.end(whole.slice(0, cut)));
      const { httpPort } = await frontBefore(behind, {}, policy);
      for (cut = 0; cut < whole.length; cut++) {
        const answer = await exchangeRaw(httpPort, `POST / HTTP/1.1\r\nHost: a\r\n${close}\r\n`);
        if (statusOf(answer) === 502) continue;
        expect(cut).toBeGreaterThanOrEqual(whole.indexOf('\r\n\r\n') + 4);
        expect(isWhole(answer)).toBe(false);
      }
      expect(behind.sockets).toHaveLength(whole.length);
    },
  );

  it('an answer that comes byte by byte is whole', async () => {
    const { answer } = await faced(
      (socket) => drip(socket, `HTTP/1.1 103 Early Hints\r\n\r\n${ok('hello')}`),
      policy,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 103 Early Hints\r\nVia: 1\.1 tollgate\r\n\r\nHTTP\/1\.1 200 OK\r\n/i);
    expect(answer).toMatch(/hello$/);
  });

  it('broken chunks cut the client before the end of the body', async () => {
    const { answer, fresh } = await faced(
      (socket) =>
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nX\r\n0\r\n\r\n'),
      policy,
    );
    // Where nothing was sent yet there is still an error answer.
    expect(statusOf(answer)).toBe(policy === BY_FULL_LANE ? 502 : 200);
    expect(isWhole(answer)).toBe(policy === BY_FULL_LANE);
    expect(fresh).toBe(true);
  });

  it('bytes after the answer do not reach the client, and cost the socket', async () => {
    const { answer, fresh } = await faced(
      (socket) => socket.write(`${ok('hello')}HTTP/1.1 200 OK\r\n\r\nevil`),
      policy,
    );
    expect(answer).toMatch(/hello$/);
    expect(fresh).toBe(true);
  });

  it('a body after HEAD or 304 does not reach the client, and costs the socket', async () => {
    const behind = await rawUpstream((socket) => socket.write(ok('hello')));
    const { httpPort } = await frontBefore(behind, {}, policy);
    const client = rawConnect(httpPort);
    client.write('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.until((text) => text.endsWith('\r\n\r\n'));
    client.write(get('/2', close));
    const text = await client.untilClosed();
    expect([...text.matchAll(/hello/g)]).toHaveLength(1);
    expect(behind.sockets).toHaveLength(2);
  });

  it('bytes on an idle socket end it', async () => {
    const behind = await rawUpstream((socket) => socket.write(ok('hello')));
    const { httpPort } = await frontBefore(behind, {}, policy);
    await exchangeRaw(httpPort, get('/', close));
    behind.sockets[0]?.write(ok('unasked'));
    await new Promise((resolve) => behind.sockets[0]?.once('close', resolve));
    expect(await exchangeRaw(httpPort, get('/2', close))).toMatch(/hello$/);
    expect(behind.sockets).toHaveLength(2);
  });

  it('an answer before the end of the request reaches the client, and costs the socket', async () => {
    const behind = await rawUpstream((socket, text) => {
      if (text.includes('POST')) socket.write(ok('early'));
      else if (text.includes('GET')) socket.write(ok('later'));
    });
    const { httpPort } = await frontBefore(behind, {}, policy);
    const client = rawConnect(httpPort);
    client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhal');
    await client.until((text) => text.endsWith('early'));
    client.write(`f + end${get('/2', close)}`);
    const text = await client.untilClosed();
    expect(text).toMatch(/later$/);
    expect(behind.sockets).toHaveLength(2);
    expect(behind.received[1]).toMatch(/^GET \/2 /);
  });

  it('a request without a body is sent once more on a new socket when an idle one was lost', async () => {
    const behind = await rawUpstream((socket, text, index) => {
      if (index === 0 && text.includes('/2')) socket.destroy();
      else socket.write(ok('hello'));
    });
    const { httpPort, records } = await frontBefore(behind, {}, policy);
    await exchangeRaw(httpPort, get('/1', close));
    expect(await exchangeRaw(httpPort, get('/2', close))).toMatch(/hello$/);
    expect(records.map(({ status }) => status)).toEqual([200, 200]);
  });

  it('a POST that may have been done is not sent again', async () => {
    const behind = await rawUpstream((socket, text, index) => {
      if (index === 0 && text.includes('/2')) socket.destroy();
      else socket.write(ok('hello'));
    });
    const { httpPort } = await frontBefore(behind, {}, policy);
    await exchangeRaw(httpPort, get('/1', close));
    expect(statusOf(await exchangeRaw(httpPort, `POST /2 HTTP/1.1\r\nHost: a\r\n${close}\r\n`))).toBe(502);
    expect(behind.sockets).toHaveLength(1);
  });
});

/** By its own framing. */
function isWhole(answer: string): boolean {
  const end = answer.indexOf('\r\n\r\n') + 4;
  const length = /\r\ncontent-length: (\d+)/i.exec(answer)?.[1];
  return length === undefined ? answer.endsWith('0\r\n\r\n') : answer.length - end >= Number(length);
}

function drip(socket: Socket, text: string): void {
  let at = 0;
  const timer = setInterval(() => {
    if (at >= text.length || socket.destroyed) clearInterval(timer);
    else socket.write(text.slice(at, ++at));
  }, 1);
}
