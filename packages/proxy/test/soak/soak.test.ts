// A mixed load for SOAK_SECONDS (8 unless set): new and kept connections, h2, clients that leave, slow readers, uploads,
// upgrades and reloads. Afterwards: no unexpected error, memory as after warming up, sockets and timers back to the start.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { PolicyConfig } from '@tollgate/core';
import { BY_FULL_LANE, configOf, respond, route, upstream } from '../support/front.ts';
import { CLIENTS, LARGE, leave, proofOf, Tally } from './clients.ts';
import type { Holds, Told, Wish } from './front.ts';

const SECONDS = Number(process.env['SOAK_SECONDS'] ?? 8);
const RELOAD_EVERY_MS = 500;
const CHANGED: PolicyConfig = {
  headers: {
    request: { set: [], remove: [] },
    response: { set: [['x-changed', '1']], add: [], remove: [] },
    security: true,
  },
};
/** What a heap of this size wanders by itself; a leak of one object a request is past it within a minute. */
const WANDER_BYTES = 48 * 1024 * 1024;

it(
  `holds nothing after ${SECONDS} s of mixed load`,
  async () => {
    const front = await startFront(await startBackend());
    const before = await front.holds();
    const tally = new Tally();
    await load(front, tally, (SECONDS * 1000) / 4);
    const warm = await front.holds();
    await load(front, tally, (SECONDS * 3000) / 4);
    const hot = await front.holds();
    leave();
    console.log(
      `soak: ${tally.good} good, rss ${mega(before)} at start, ${mega(warm)} warm, ${mega(hot)} at the end`,
    );
    expect([...tally.errors]).toEqual([]);
    expect(tally.good).toBeGreaterThan(SECONDS);
    expect(hot.rssBytes - warm.rssBytes).toBeLessThan(WANDER_BYTES);
    const rest = { connections: 0, activeRequests: 0, tunnels: 0, resources: before.resources };
    await expect.poll(() => front.holds(), { timeout: 30_000, interval: 500 }).toMatchObject(rest);
  },
  (SECONDS + 120) * 1000,
);

const mega = ({ rssBytes }: Holds): string => `${Math.round(rssBytes / 1024 / 1024)} MB`;

interface Front {
  readonly port: number;
  wish(wish: Wish): void;
  holds(): Promise<Holds>;
}

async function startFront(backendPort: number): Promise<Front> {
  const backend = upstream([`http://127.0.0.1:${backendPort}`], { engine: 'wire' });
  const config = configOf({
    routes: [
      route('/', backend, 1e8),
      route('/edited/', backend, 1e8, BY_FULL_LANE),
      route('/changed/', backend, 1e8, CHANGED),
      route('/memory', respond('from memory\n')),
    ],
    limits: { h2ResetsPer10s: 1_000_000 },
  });
  const child = fork(join(import.meta.dirname, 'front.ts'), {
    execArgv: ['--conditions=@tollgate/source', '--expose-gc'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  child.send({ serve: config } satisfies Wish);
  const told = await next(child);
  return {
    port: 'httpsPort' in told ? told.httpsPort : 0,
    wish: (wish) => void child.send(wish),
    holds: async () => {
      child.send('tell' satisfies Wish);
      const holds = await next(child);
      if ('httpsPort' in holds) throw new Error('expected what the front holds');
      return holds;
    },
  };
}

const next = (child: ChildProcess): Promise<Told> =>
  new Promise((resolve, reject) => {
    child.once('message', (told: Told) => resolve(told));
    child.once('exit', (code) => reject(new Error(`the front ended with ${code}`)));
  });

async function load(front: Front, tally: Tally, forMs: number): Promise<void> {
  const until = performance.now() + forMs;
  const reloads = setInterval(() => front.wish('reload'), RELOAD_EVERY_MS);
  await Promise.all(
    CLIENTS.map(async (client) => {
      while (performance.now() < until) await client(front.port, tally);
    }),
  );
  clearInterval(reloads);
}

/** Keeps connections for a second, so that pooled sockets meet its end all the time. */
async function startBackend(): Promise<number> {
  const large = Buffer.alloc(LARGE, 'x');
  const server = createServer({ keepAliveTimeout: 1000 }, (asked, answer) => {
    asked.resume();
    const { url = '' } = asked;
    if (url.endsWith('/large')) answer.end(large);
    else if (url.endsWith('/upload')) {
      let bytes = 0;
      asked.on('data', (chunk: Buffer) => (bytes += chunk.length));
      asked.on('end', () => answer.end(String(bytes)));
    } else answer.end('hello');
  });
  server.on('upgrade', (asked, socket) => {
    const proof = proofOf(String(asked.headers['sec-websocket-key']));
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${proof}\r\n\r\n`,
    );
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
