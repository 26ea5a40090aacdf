// A policy with steps, edits or filters on a connection of the wire lane: the full lane's exchange as its guest.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PolicyConfig } from '@tollgate/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  BY_FULL_LANE,
  plain,
  respond,
  route,
  startFront,
  temporaryDirectory,
  type Running,
} from '../../support/front.ts';
import { exchangeRaw, rawConnect } from '../../support/raw.ts';
import { lanePair } from './memory/lanes.ts';
import { MemorySocket } from './memory/socket.ts';

const SOURCE = `
let seen = [];
export default async (app) => {
  app.get('/*', (request, reply) => reply.send(request.headers['x-edited'] ?? 'bare'));
  app.post('/*', (request) => request.body);
  app.get('/seen', () => seen);
  app.get('/waits', (request, reply) => {
    reply.hijack();
    seen = [];
    request.raw.once('aborted', () => seen.push('aborted'));
    reply.raw.once('close', () => seen.push('response closed ' + reply.raw.writableFinished));
    reply.raw.write('waits');
  });
  app.get('/much', async (request, reply) => {
    reply.hijack();
    reply.raw.writeHead(200, { 'content-length': 40_000_000 });
    for (let piece = 0; piece < 400; piece++) {
      if (reply.raw.write(Buffer.alloc(100_000))) continue;
      await new Promise((resolve) => reply.raw.once('drain', resolve));
    }
    reply.raw.end();
  });
  app.get('/slow', (request, reply) => {
    reply.hijack();
    reply.raw.write('first');
    setTimeout(() => reply.raw.end('last'), 100);
  });
  app.get('/endless', (request, reply) => {
    reply.hijack();
    reply.raw.write(Buffer.alloc(50_000_000));
  });
};`;

function start(policy: PolicyConfig, timeouts = {}, limits = {}): Promise<Running> {
  const module = join(temporaryDirectory(), 'app.mjs');
  writeFileSync(module, SOURCE);
  const app = { kind: 'app', module } as const;
  const routes = [
    route('/', app, undefined, policy),
    route('/bare/', app),
    route('/fixed', respond('fixed'), undefined, policy),
  ];
  return startFront(plain({ routes, timeouts, limits }));
}

const get = (path: string, ...fields: string[]): string =>
  [`GET ${path} HTTP/1.1`, 'Host: a', ...fields, '', ''].join('\r\n');

const ENDS = 'Connection: close';

it('leaves the connection in the wire lane, where the next request finds it', async () => {
  const state = mkdtempSync(join(tmpdir(), 'tollgate-guest-'));
  onTestFinished(() => rmSync(state, { recursive: true }));
  const { wire } = await lanePair(false, state);
  const socket = new MemorySocket();
  onTestFinished(() => void socket.destroy());
  wire.accept(socket);
  for (const path of ['/edited/memory', '/memory', '/edited/memory']) {
    socket.feed(get(path));
    await sleep(20);
  }
  expect(socket.output.split('HTTP/1.1 200 OK').length - 1).toBe(3);
  expect(socket.output.match(/^X-Answer: edited/gim)?.length).toBe(2);
  expect(wire.active).toBe(1);
});

describe.each([
  ['of the wire lane', {}],
  ['of the full lane as a guest', BY_FULL_LANE],
])('an answer by an app, %s', (_who, policy) => {
  it('comes whole to a client that reads slowly and steadily, longer than an answer may rest', async () => {
    // The kernel takes more only when a third of its buffer is free: seen from here such a reader goes by megabytes.
    const { httpPort, record } = await start(policy, { responseIdleMs: 1000 });
    const client = connect(httpPort, '127.0.0.1');
    onTestFinished(() => void client.destroy());
    client.write(get('/much', ENDS));
    let bytes = 0;
    for await (const chunk of client) {
      bytes += chunk.length;
      await sleep(chunk.length / 20_000);
    }
    expect(bytes).toBeGreaterThan(40_000_000);
    expect(await record()).toMatchObject({ path: '/much', status: 200, bytesOut: 40_000_000 });
  });

  it('is cut and counted when the client takes nothing of it for as long as it may rest', async () => {
    const { front, httpPort, record } = await start(policy, { responseIdleMs: 100 });
    const client = rawConnect(httpPort);
    client.socket.pause();
    client.write(get('/endless'));
    expect(await record()).toMatchObject({ path: '/endless', status: 499 });
    expect(front.status().drops).toMatchObject({ 'slow-reader': 1 });
  });

  it('is cut and counted when the client takes less of it than it has to', async () => {
    const limits = { bodyBytesPerSecond: 1_000_000_000 };
    const { front, httpPort, record } = await start(policy, { responseIdleMs: 100 }, limits);
    const client = connect(httpPort, '127.0.0.1').pause();
    client.on('error', () => undefined);
    const reading = setInterval(() => client.read(1000), 10);
    onTestFinished(() => {
      clearInterval(reading);
      client.destroy();
    });
    client.write(get('/endless'));
    expect(await record()).toMatchObject({ path: '/endless', status: 499 });
    expect(front.status().drops).toMatchObject({ 'slow-reader': 1 });
  });

  it('hears that its client has left, and the record says so', async () => {
    const { httpPort, record } = await start(policy);
    const leaving = rawConnect(httpPort);
    leaving.write(get('/waits'));
    await leaving.until((text) => text.includes('waits'));
    leaving.socket.destroy();
    expect(await record()).toMatchObject({ path: '/waits', status: 499, bytesOut: 5 });
    const answer = await exchangeRaw(httpPort, get('/seen', ENDS));
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '').sort()).toEqual([
      'aborted',
      'response closed false',
    ]);
  });
});

describe('a guest', () => {
  it('takes its turn among pipelined requests', async () => {
    const { httpPort, records } = await start(BY_FULL_LANE);
    const asked = ['/1', '/bare/2', '/fixed', '/4', '/bare/5'];
    const answer = await exchangeRaw(
      httpPort,
      asked.map((path, at) => get(path, ...(at === 4 ? [ENDS] : []))).join(''),
    );
    const bodies = answer.split(/HTTP\/1\.1 200 OK/).map((one) => one.split('\r\n\r\n')[1] ?? '');
    expect(bodies.slice(1)).toEqual(['1', 'bare', 'fixed', '1', 'bare']);
    expect(records.map(({ path }) => path)).toEqual(asked);
  });

  it('ends the connection when the client asks for it, and says so', async () => {
    const { httpPort } = await start(BY_FULL_LANE);
    const answer = await exchangeRaw(httpPort, get('/fixed', ENDS));
    expect(answer).toMatch(/^Connection: close\r$/im);
  });

  it('says as Node does how long the connection may rest', async () => {
    const { httpPort } = await start(BY_FULL_LANE);
    const client = rawConnect(httpPort);
    client.write(get('/fixed'));
    const answer = await client.until((text) => text.endsWith('fixed'));
    expect(answer).toMatch(/^Connection: keep-alive\r\nKeep-Alive: timeout=65\r$/im);
  });

  it('leaves a request with a body to the full lane, on the same connection', async () => {
    const { httpPort, records } = await start(BY_FULL_LANE);
    const client = rawConnect(httpPort);
    const post = `POST /answers HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n`;
    client.write(`${get('/fixed')}${post}{"a":1}`);
    await client.until((text) => text.endsWith('{"a":1}'));
    expect(records.map(({ method, status, bytesIn }) => ({ method, status, bytesIn }))).toEqual([
      { method: 'GET', status: 200, bytesIn: 0 },
      { method: 'POST', status: 200, bytesIn: 7 },
    ]);
  });

  it('whose answer is under way at a drain gets it whole, and then the connection ends', async () => {
    const { front, httpPort } = await start(BY_FULL_LANE);
    const client = rawConnect(httpPort);
    client.write(get('/slow'));
    await client.until((text) => text.includes('first'));
    const drained = front.drain();
    const text = await client.untilClosed();
    expect(text).toContain('last');
    await drained;
  });
});
