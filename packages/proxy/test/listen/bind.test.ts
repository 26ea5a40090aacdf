// Where a front can listen, and what it says when it cannot.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Address } from '@tollgate/core';
import { ACCEPT_BACKLOG, bind } from '../../src/listen/bind.ts';
import { startFront, temporaryDirectory } from '../support/front.ts';
import { exchangeRaw, RawClient } from '../support/raw.ts';

const http = (address: Address): { listen: { scheme: 'http'; address: Address }[] } => ({
  listen: [{ scheme: 'http', address }],
});

const longestBacklog = (): number =>
  Math.min(ACCEPT_BACKLOG, Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8')));

/** Of a listener the second number is how many may wait (ss(8)). */
const backlogOf = (port: number): number =>
  Number(execFileSync('ss', ['-ltnH', `sport = :${port}`], { encoding: 'utf8' }).split(/ +/)[2]);

const GET = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

/** A child that got our listening socket, as from systemd; it told us its port. */
async function inheritedServer(): Promise<{ told: number; port: number | undefined }> {
  const holder = createServer();
  await once(holder.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }), 'listening');
  const address = holder.address();
  const fd: unknown = Reflect.get(Reflect.get(holder, '_handle'), 'fd');
  const script = join(import.meta.dirname, '../support/inheritedServer.ts');
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit', Number(fd)] });
  onTestFinished(() => {
    child.kill();
  });
  const { stdout } = child;
  if (stdout === null) throw new Error('expected a pipe');
  const [line] = await once(stdout, 'data');
  holder.close();
  return { told: Number(line), port: typeof address === 'object' ? address?.port : undefined };
}

describe('listening', () => {
  it('serves on a unix socket, and records its peer as such', async () => {
    const path = join(temporaryDirectory(), 'front.sock');
    const { record, front } = await startFront(http({ kind: 'unix', path }));
    const client = new RawClient(connect({ path, allowHalfOpen: true }));
    client.write(GET);
    expect(await client.untilClosed()).toMatch(/hello\n$/);
    expect(await record()).toMatchObject({ client: 'unix' });
    await front.close();
    expect(existsSync(path)).toBe(false);
  });

  it('takes over a socket file that a killed process left, and not one in use', async () => {
    const path = join(temporaryDirectory(), 'front.sock');
    const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`;
    const child = spawn(process.execPath, ['-e', script]);
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    await once(child.stdout, 'data');
    await expect(startFront(http({ kind: 'unix', path }))).rejects.toThrow(/front\.sock is in use/);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(existsSync(path)).toBe(true);
    await startFront(http({ kind: 'unix', path }));
  });

  it('does not delete a file that is no socket', async () => {
    const path = join(temporaryDirectory(), 'precious');
    writeFileSync(path, 'data');
    await expect(startFront(http({ kind: 'unix', path }))).rejects.toThrow(/precious is in use/);
    expect(existsSync(path)).toBe(true);
  });

  it('serves both families on ::, and knows an IPv4 client by its own address', async () => {
    const { httpPort, record } = await startFront(http({ kind: 'tcp', address: '::', port: 0 }));
    expect(await exchangeRaw(httpPort, GET)).toMatch(/hello\n$/);
    expect(await record()).toMatchObject({ client: '127.0.0.1' });
  });

  it('says what to do about a busy port, a foreign address and a missing directory', async () => {
    const other = createServer();
    onTestFinished(() => {
      other.close();
    });
    await once(other.listen(0, '127.0.0.1'), 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const failing = (at: Address): Promise<unknown> => startFront(http(at));
    await expect(failing({ kind: 'tcp', address: '127.0.0.1', port })).rejects.toThrow(
      `listen.http: 127.0.0.1:${port} is in use; stop the other server (ss -ltnp shows it) or choose another port`,
    );
    await expect(failing({ kind: 'tcp', address: '203.0.113.1', port: 0 })).rejects.toThrow(
      /not an address of this machine/,
    );
    await expect(failing({ kind: 'unix', path: '/nowhere/x.sock' })).rejects.toThrow(
      /cannot create \/nowhere\/x\.sock; its directory must exist/,
    );
    await expect(failing({ kind: 'systemd', name: 'web' })).rejects.toThrow(
      /systemd:web: expected a socket of that name in LISTEN_FDNAMES, got none/,
    );
  });

  it('serves on a descriptor that it has inherited', async () => {
    const { told, port } = await inheritedServer();
    expect(told).toBe(port);
    expect(await exchangeRaw(told, '')).toBe('from the child\n');
  });

  it.skipIf(process.platform !== 'linux')(
    'asks for a long accept queue, and leaves systemd its own',
    async () => {
      const { httpPort } = await startFront(http({ kind: 'tcp', address: '127.0.0.1', port: 0 }));
      expect(backlogOf(httpPort)).toBe(longestBacklog());
      expect(backlogOf((await inheritedServer()).told)).toBe(longestBacklog());
    },
  );

  it('shares a port between fronts with reusePort', async () => {
    const servers = [createServer(), createServer()];
    onTestFinished(() => {
      for (const server of servers) server.close();
    });
    const ports: number[] = [];
    for (const server of servers) {
      const address: Address = { kind: 'tcp', address: '127.0.0.1', port: ports[0] ?? 0 };
      const options = { inherited: new Map<string, number>(), reusePort: true };
      ports.push((await bind(server, { scheme: 'http', address }, options)).port);
    }
    expect(ports[0]).toBe(ports[1]);
  });
});
