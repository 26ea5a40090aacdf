// What the front holds for many readers that do not read, measured by the kernel on a process of its own. What bodies of a
// gigabyte and ten thousand silent connections cost is asked of the whole command (test/e2e/memory, test/lab).
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { Agent, request as startRequest } from 'node:https';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { connect, type TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryDirectory } from '../support/front.ts';
import { httpUpstream } from '../support/upstream.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const MB = 1024 * 1024;
const GB = 1_000_000_000;
/** The issue's own bound for a body of any size. */
const MOST_GROWTH_BYTES = 64 * MB;
const BLOCK = Buffer.alloc(64 * 1024, 'x');

interface Front {
  readonly port: number;
  /** Resident now, in bytes. */
  resident(): number;
  /** The most that was resident, in bytes. */
  peak(): number;
}

async function startFront(engine: string): Promise<Front> {
  const { url } = await httpUpstream((request, response) => {
    let left = Number(request.url?.slice(1));
    const send = (): void => {
      while (left > 0) {
        left -= BLOCK.length;
        if (!response.write(BLOCK)) return void response.once('drain', send);
      }
      response.end();
    };
    send();
  });
  const file = join(temporaryDirectory(), 'tollgate.yaml');
  writeFileSync(
    file,
    `listen: { https: "127.0.0.1:0" }
admin: 127.0.0.1:0
requestLog: { mode: off }
sites:
  - hosts: ["*"]
    tls: self-signed
    routes:
      - { path: /, upstream: { servers: ["${url}"], engine: ${engine} } }
`,
  );
  const child = spawn(
    process.execPath,
    ['--conditions=@tollgate/source', 'packages/cli/src/main.ts', 'serve', '-c', file],
    { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const port = await portOf(child);
  const status = (field: string): number => {
    const text = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]) * 1024;
  };
  return {
    port,
    resident: () => status('VmRSS'),
    peak: () => status('VmHWM'),
  };
}

function portOf({ stdout, stderr }: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let text = '';
    const read = (chunk: Buffer): void => {
      text += String(chunk);
      const port = /https:\/\/127\.0\.0\.1:(\d+)/.exec(text)?.[1];
      if (port !== undefined) resolve(Number(port));
    };
    stdout?.on('data', read);
    stderr?.on('data', read);
    stdout?.once('end', () => reject(new Error(`the front did not start: ${text}`)));
  });
}

const agentOf = (): Agent => {
  const agent = new Agent({ keepAlive: true, rejectUnauthorized: false });
  onTestFinished(() => agent.destroy());
  return agent;
};

function download(port: number, bytes: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = startRequest(
      { host: '127.0.0.1', port, path: `/${bytes}`, agent: agentOf() },
      (answer) => {
        let got = 0;
        answer.on('data', (chunk: Buffer) => (got += chunk.length));
        answer.on('end', () => resolve(got));
        answer.on('error', reject);
      },
    );
    request.on('error', reject).end();
  });
}

describe.skipIf(process.platform !== 'linux').each(['http-proxy', 'wire'])('memory, engine %s', (engine) => {
  it('holds no more than its buffers for 20 readers that do not read a gigabyte each', async () => {
    const front = await startFront(engine);
    await download(front.port, 100 * MB);
    const before = front.resident();
    for (let count = 0; count < 20; count++) {
      const socket = await openTls(front.port);
      socket.pause();
      socket.write(`GET /${GB} HTTP/1.1\r\nHost: a\r\n\r\n`);
    }
    await wait(3000);
    expect(front.peak() - before).toBeLessThan(MOST_GROWTH_BYTES);
  });
});

async function openTls(port: number): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  onTestFinished(() => {
    socket.destroy();
  });
  socket.on('error', () => undefined);
  await once(socket, 'secureConnect');
  return socket;
}
