// An app in the wire lane, on real sockets: what comes besides a request and its answer in one piece.
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';
import { plain, route, startFront, temporaryDirectory, type Running } from '../../support/front.ts';
import { exchangeRaw, rawConnect } from '../../support/raw.ts';

const SOURCE = `
let seen = [];
export default async (app) => {
  app.get('/seen', () => seen);
  app.get('/answers', () => 'answered');
  app.post('/answers', (request) => request.body);
  app.get('/waits', (request, reply) => {
    reply.hijack();
    seen = [];
    request.raw.once('aborted', () => seen.push('aborted'));
    request.raw.once('close', () => seen.push('request closed'));
    reply.raw.once('close', () => seen.push('response closed ' + reply.raw.writableFinished));
    reply.raw.write('waits');
  });
  app.get('/much', async (request, reply) => {
    reply.hijack();
    seen = reply.raw;
    for (let piece = 0; piece < 120; piece++) {
      if (reply.raw.write(Buffer.alloc(100_000))) continue;
      await new Promise((resolve) => reply.raw.once('drain', resolve));
    }
    reply.raw.end();
  });
  app.get('/waiting', () => String(seen.writableLength > 0));
  app.get('/timed', (request, reply) => {
    reply.hijack();
    reply.raw.setTimeout(20, () => reply.raw.end('late'));
  });
  app.get('/endless', (request, reply) => {
    reply.hijack();
    reply.raw.write(Buffer.alloc(50_000_000));
  });
};`;

function start(timeouts = {}): Promise<Running> {
  const module = join(temporaryDirectory(), 'app.mjs');
  writeFileSync(module, SOURCE);
  return startFront(plain({ routes: [route('/', { kind: 'app', module })], timeouts }));
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

describe('an app in the wire lane', () => {
  it('hears that a client has left, and the record says so', async () => {
    const { httpPort, record } = await start();
    const leaving = rawConnect(httpPort);
    leaving.write(get('/waits'));
    await leaving.until((text) => text.includes('waits'));
    leaving.socket.destroy();
    expect(await record()).toMatchObject({ path: '/waits', status: 499, bytesOut: 5 });
    const asking = rawConnect(httpPort);
    asking.write(get('/seen'));
    const answer = await asking.until((text) => text.includes(']'));
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '').sort()).toEqual([
      'aborted',
      'request closed',
      'response closed false',
    ]);
  });

  it('is made to wait while the client does not read, and goes on', async () => {
    const { httpPort } = await start();
    const client = connect(httpPort, '127.0.0.1').pause();
    onTestFinished(() => void client.destroy());
    client.write(`GET /much HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    const asking = () =>
      exchangeRaw(httpPort, `GET /waiting HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    while (!(await asking()).endsWith('true'));
    let bytes = 0;
    for await (const chunk of client) bytes += chunk.length;
    expect(bytes).toBeGreaterThan(12_000_000);
  });

  it('may set a time-out of its own on the response', async () => {
    const { httpPort } = await start();
    const client = rawConnect(httpPort);
    client.write(get('/timed') + get('/answers'));
    expect(await client.until((text) => text.includes('answered'))).toContain('\r\n\r\nlate');
  });

  it('gets a request with a body from the full lane, on the same connection', async () => {
    const { httpPort, records } = await start();
    const client = rawConnect(httpPort);
    const post = `POST /answers HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n`;
    client.write(`${get('/answers')}${post}{"a":1}`);
    await client.until((text) => text.endsWith('{"a":1}'));
    expect(records.map(({ method, status, bytesIn }) => ({ method, status, bytesIn }))).toEqual([
      { method: 'GET', status: 200, bytesIn: 0 },
      { method: 'POST', status: 200, bytesIn: 7 },
    ]);
  });

  it('loses a client that takes nothing of its answer for as long as an answer may rest', async () => {
    const { httpPort, record } = await start({ responseIdleMs: 100 });
    const client = rawConnect(httpPort);
    client.socket.pause();
    client.write(get('/endless'));
    expect(await record()).toMatchObject({ path: '/endless', status: 499 });
  });
});

it('asks the limits of a route once for a request with a body, which the full lane answers', async () => {
  const module = join(temporaryDirectory(), 'app.mjs');
  writeFileSync(module, SOURCE);
  const limit = { requests: 1, perMs: 60_000, burst: 1, by: 'address', of: 'route', shared: 'off' } as const;
  const routes = [route('/', { kind: 'app', module }, undefined, { rateLimit: limit })];
  const { httpPort } = await startFront(plain({ routes }));
  const post =
    'POST /answers HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi';
  expect(await exchangeRaw(httpPort, post)).toMatch(/^HTTP\/1\.1 200 [^]*hi$/);
  expect(await exchangeRaw(httpPort, post)).toMatch(/^HTTP\/1\.1 429 /);
});
