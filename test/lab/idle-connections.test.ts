// 10,000 keep-alive TLS connections that say nothing: all are held, all still answer, and what each costs is printed.
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { residentBytes } from '../support/memory.ts';
import { startBackend } from '../support/backend.ts';
import { serve, site } from '../support/tollgate.ts';

const CONNECTIONS = 10_000;
const CLIENTS = join(import.meta.dirname, '../support/idle-clients.ts');
const APP = join(import.meta.dirname, '../../packages/backend/src/app.ts');
/** One descriptor a connection, and some for everything else. */
const RAISE = 'ulimit -n 16384 && exec "$@"';
const raised = (command: readonly string[]): string[] => ['sh', '-c', RAISE, 'sh', ...command];

const canRaise = process.platform === 'linux' && spawnSync('sh', ['-c', 'ulimit -n 16384']).status === 0;

interface Held {
  readonly open: number;
  readonly failed: number;
}

class IdleClients {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(port: number) {
    const [file = '', ...args] = raised([process.execPath, CLIENTS, String(port), String(CONNECTIONS)]);
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    this.#child = child;
    this.#lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  }

  async said(): Promise<Held> {
    const { value } = await this.#lines.next();
    return JSON.parse(String(value));
  }

  askAgain(): Promise<Held> {
    this.#child.stdin?.write('again\n');
    return this.said();
  }
}

// An unprivileged user may not raise the limit; the tests' own machine must.
describe.runIf(canRaise || process.env['CI'] === 'true')('10,000 idle TLS connections', () => {
  it.each([
    { name: 'full lane', engine: undefined },
    { name: 'wire lane', engine: 'wire' },
  ])('are held by the $name, and all answer after their rest', async ({ name, engine }) => {
    const target =
      engine === undefined
        ? { app: APP }
        : { upstream: { servers: [(await startBackend()).server], engine } };
    const text = JSON.stringify({
      listen: { https: '127.0.0.1:0', http: '127.0.0.1:0' },
      requestLog: 'off',
      timeouts: { keepAlive: '10m' },
      sites: [{ hosts: '*', tls: 'self-signed', routes: [{ path: '/', ...target }] }],
    });
    const front = await serve(site({ 'tollgate.yaml': text }), { wrap: raised });
    const before = residentBytes(front.pid, 'VmRSS');
    const clients = new IdleClients(front.httpsPort);
    expect(await clients.said()).toEqual({ open: CONNECTIONS, failed: 0 });
    await wait(3000);
    const perConnection = (residentBytes(front.pid, 'VmRSS') - before) / CONNECTIONS;
    expect(await clients.askAgain()).toEqual({ open: CONNECTIONS, failed: 0 });
    console.log(`idle TLS connection, ${name}: ${(perConnection / 1024).toFixed(1)} KB`);
    // Twice what is known of Node's own TLS sockets: a leak or a buffer per connection would show.
    expect(perConnection).toBeLessThan(140 * 1024);
  });
});
