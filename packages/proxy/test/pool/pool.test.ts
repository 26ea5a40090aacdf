// The pool over real sockets: newest first, never past the server's patience, never after doubt, bounded.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttp, type Server as HttpServer } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { endpointOf } from '../../src/pool/endpoint.ts';
import { UpstreamPool, type PoolLimits } from '../../src/pool/pool.ts';
import type { UpstreamSocket, UpstreamUser } from '../../src/pool/socket.ts';
import { TimerWheel } from '../../src/pool/wheel.ts';
import { server, temporaryDirectory } from '../support/front.ts';

/** How long the test of a server with a short patience goes on. */
const SECONDS = Number(process.env['POOL_SECONDS'] ?? 5);
const TIMES = { upstreamConnectMs: 2000 };
const LIMITS: PoolLimits = { idleSockets: 8, sockets: 16, idleMs: 4000, warm: 0 };

function poolTo(
  text: string,
  limits: Partial<PoolLimits> = {},
  more: { ca?: string; serverName?: string } = {},
): UpstreamPool {
  const endpoint = endpointOf(server(text), { ca: more.ca, serverName: more.serverName }, TIMES);
  const pool = new UpstreamPool(endpoint, { ...LIMITS, ...limits }, new TimerWheel(20));
  onTestFinished(() => pool.close());
  return pool;
}

async function listening(made: Server | HttpServer, path?: string): Promise<number> {
  if (path === undefined) made.listen(0, '127.0.0.1');
  else made.listen(path);
  await once(made, 'listening');
  onTestFinished(() => {
    made.close();
  });
  const address = made.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Asks once and gives the answer's text; the socket is given back or kept by the caller. */
function ask(
  pool: UpstreamPool,
  text = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
): Promise<{ socket: UpstreamSocket; answer: string }> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const user: UpstreamUser = {
      upstreamData: (bytes, length) => {
        answer += bytes.latin1Slice(0, length);
        if (answer.includes('\r\n\r\n') && socket !== undefined) resolve({ socket, answer });
      },
      upstreamEnd: () => reject(new Error('ended')),
      upstreamFailed: reject,
      upstreamDrain: () => undefined,
      upstreamConnected: () => undefined,
    };
    const socket = pool.borrow(user);
    if (socket === undefined) reject(new Error('refused'));
    socket?.write(text);
  });
}

const echo = (): Server =>
  createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => socket.write('HTTP/1.1 204 No Content\r\n\r\n'));
  });

describe('UpstreamPool', () => {
  it('gives the socket that was given back last', async () => {
    const pool = poolTo(`http://127.0.0.1:${await listening(echo())}`);
    const one = await ask(pool);
    const two = await ask(pool);
    one.socket.release(undefined);
    two.socket.release(undefined);
    expect((await ask(pool)).socket).toBe(two.socket);
    expect(pool.counts).toMatchObject({ open: 2, idle: 1, opened: 2, reused: 1 });
  });

  it('keeps no more idle sockets than it may, and refuses beyond its bound', async () => {
    const pool = poolTo(`http://127.0.0.1:${await listening(echo())}`, { idleSockets: 1, sockets: 2 });
    const [one, two] = [await ask(pool), await ask(pool)];
    await expect(ask(pool)).rejects.toThrow('refused');
    one.socket.release(undefined);
    two.socket.release(undefined);
    expect(pool.counts).toMatchObject({ open: 1, idle: 1, refused: 1 });
  });

  it('does not use a socket whose rest is over, even before the wheel has turned', async () => {
    const pool = poolTo(`http://127.0.0.1:${await listening(echo())}`, { idleMs: 30 });
    const first = await ask(pool);
    first.socket.release(undefined);
    const until = performance.now() + 31;
    while (performance.now() < until) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    expect((await ask(pool)).socket).not.toBe(first.socket);
  });

  it('makes idle sockets ahead of need after an answer, and no more than it may', async () => {
    const accepted: Socket[] = [];
    const server = echo().on('connection', (socket) => accepted.push(socket));
    const pool = poolTo(`http://127.0.0.1:${await listening(server)}`, { warm: 3 });
    const first = await ask(pool);
    expect(pool.counts).toMatchObject({ open: 1, idle: 0 });
    first.socket.release(undefined);
    await expect.poll(() => pool.counts).toMatchObject({ open: 3, idle: 3, opened: 3 });
    const warmed = await ask(pool);
    expect(warmed.socket).not.toBe(first.socket);
    expect(warmed.socket.rested).toBe(true);
    warmed.socket.release(undefined);
    await expect.poll(() => pool.counts).toMatchObject({ open: 3, idle: 3, opened: 3, reused: 1 });
    pool.close();
    await expect.poll(() => accepted.every(({ destroyed }) => destroyed)).toBe(true);
  });

  it('does not go on making sockets to a server that is gone', async () => {
    const server = echo();
    const sockets: Socket[] = [];
    server.on('connection', (socket) => sockets.push(socket));
    const pool = poolTo(`http://127.0.0.1:${await listening(server)}`, { warm: 3 });
    const { socket } = await ask(pool);
    server.close();
    socket.release(undefined);
    await expect.poll(() => pool.counts).toMatchObject({ open: 1, idle: 1, opened: 3 });
  });

  it('ends idle sockets when their rest is over', async () => {
    const pool = poolTo(`http://127.0.0.1:${await listening(echo())}`, { idleMs: 50 });
    (await ask(pool)).socket.release(undefined);
    await expect.poll(() => pool.counts.open).toBe(0);
  });

  it('stays below the time-out that the server names', async () => {
    const pool = poolTo(`http://127.0.0.1:${await listening(echo())}`);
    const { socket } = await ask(pool);
    const now = performance.now();
    socket.release(1000);
    expect(socket.restsUntil - now).toBeLessThan(900);
  });

  it('ends an idle socket on which bytes arrive', async () => {
    const accepted: Socket[] = [];
    const talker = echo().on('connection', (socket) => accepted.push(socket));
    const pool = poolTo(`http://127.0.0.1:${await listening(talker)}`);
    (await ask(pool)).socket.release(undefined);
    accepted[0]?.write('HTTP/1.1 200 OK\r\n\r\n');
    await expect.poll(() => pool.counts).toMatchObject({ open: 0, idle: 0 });
  });

  it('gives up a connect that takes too long', async () => {
    const port = await unacceptingPort();
    const endpoint = endpointOf(
      server(`http://127.0.0.1:${port}`),
      { ca: undefined, serverName: undefined },
      { upstreamConnectMs: 200 },
    );
    const pool = new UpstreamPool(endpoint, { ...LIMITS, sockets: 100 }, new TimerWheel(20));
    onTestFinished(() => pool.close());
    // The first few are taken by the backlog and only wait.
    const asked = Array.from({ length: 8 }, () => ask(pool, ''));
    await expect(Promise.race(asked)).rejects.toMatchObject({ code: 'upstream-connect-timeout' });
  });

  it('reaches a unix socket', async () => {
    const path = join(temporaryDirectory(), 'up.sock');
    await listening(echo(), path);
    expect((await ask(poolTo(`unix:${path}`))).answer).toContain('204');
  });

  it('verifies an https server, sends its name and resumes its session', async () => {
    const { key, cert, certFile } = selfSigned();
    const names: unknown[] = [];
    const resumed: boolean[] = [];
    const https = createHttps({ key, cert }, (_request, response) => response.writeHead(204).end());
    https.on('secureConnection', (socket) => {
      names.push(socket.servername);
      resumed.push(socket.isSessionReused());
    });
    const port = await listening(https);
    const trusting = poolTo(`https://127.0.0.1:${port}`, {}, { ca: certFile, serverName: 'up.test' });
    const first = await ask(trusting);
    first.socket.destroy();
    await ask(trusting);
    expect(names).toEqual(['up.test', 'up.test']);
    expect(resumed).toEqual([false, true]);
    await expect(ask(poolTo(`https://127.0.0.1:${port}`, {}, { serverName: 'up.test' }))).rejects.toThrow(
      /self-signed/,
    );
    await expect(
      ask(poolTo(`https://127.0.0.1:${port}`, {}, { ca: certFile, serverName: 'other.test' })),
    ).rejects.toThrow(/other\.test/);
  });

  it(
    'loses no request to a server that keeps connections for a second',
    async () => {
      const backend = createHttp((_request, response) => response.end('ok'));
      backend.keepAliveTimeout = 1000;
      backend.keepAliveTimeoutBuffer = 0;
      const pool = poolTo(`http://127.0.0.1:${await listening(backend)}`);
      const until = performance.now() + SECONDS * 1000;
      let asked = 0;
      for (let pauseMs = 300; performance.now() < until; pauseMs = 300 + ((pauseMs + 137) % 900)) {
        // POST: never sent twice, so that every loss would show.
        const { socket, answer } = await ask(pool, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n');
        expect(answer).toContain('200 OK');
        socket.release(Number(/timeout=(\d+)/.exec(answer)?.[1] ?? 1) * 1000);
        asked++;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
      expect(asked).toBeGreaterThan(2);
    },
    (SECONDS + 30) * 1000,
  );
});

function selfSigned(): { key: Buffer; cert: Buffer; certFile: string } {
  const directory = temporaryDirectory();
  const [keyFile, certFile] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  const options =
    '-x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=up.test -addext subjectAltName=DNS:up.test';
  execFileSync('openssl', ['req', ...options.split(' '), '-keyout', keyFile, '-out', certFile], {
    stdio: 'ignore',
  });
  return { key: readFileSync(keyFile), cert: readFileSync(certFile), certFile };
}

/** A listener whose process is stopped: its backlog of one fills, and further connects hang. */
async function unacceptingPort(): Promise<number> {
  const program = `const s = require('node:net').createServer(); s.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(s.address().port))`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const [line] = await once(child.stdout, 'data');
  child.kill('SIGSTOP');
  return Number(String(line));
}
