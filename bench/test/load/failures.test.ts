// Every phase an attempt can fail in, made to happen on real sockets, and told by its name.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { phaseOfError } from '../../src/load/failure.ts';
import { generate } from '../../src/load/generator.ts';
import type { ErrorPhase, LoadEvent, LoadReport, LoadSpec } from '../../src/load/spec.ts';
import { faultyServer, testCertificate } from '../support/faulty-server.ts';
import { loadSpec } from '../support/load-spec.ts';

const load = (port: number, change: Partial<LoadSpec>): Promise<LoadReport> =>
  generate(loadSpec(port, { timeoutMs: 500, ...change }), () => {});

/** Phases with a count above zero. */
const failedIn = (report: LoadReport): readonly string[] =>
  Object.entries(report.errors)
    .filter(([, count]) => count > 0)
    .map(([phase]) => phase);

describe('phases', () => {
  it('ports: no source port to be had, a fault of the generator', async () => {
    const server = await faultyServer();
    // An address that is not this machine's (RFC 5737): bind() answers EADDRNOTAVAIL, as an exhausted range does.
    const report = await load(server.port, { mode: 'new', sourceAddresses: ['192.0.2.7'] });
    expect(failedIn(report)).toEqual(['ports']);
    expect(server.connections).toBe(0);
    expect(phaseOfError(Object.assign(new Error('bind'), { code: 'EADDRINUSE' }), 'connecting')).toBe(
      'ports',
    );
  });

  it('files: the generator may open no more', async () => {
    const server = await faultyServer();
    const report = await reportWithFileLimit(
      loadSpec(server.port, { mode: 'keepalive', connections: 60 }),
      48,
    );
    expect(failedIn(report)).toEqual(['files']);
    expect(report.good).toBeGreaterThan(0);
  });

  it('connect-timeout: the accept queue is full; first-byte: those in it wait for a server that sleeps', async () => {
    const port = await sleepingServer();
    const report = await load(port, { mode: 'new', connections: 12, durationMs: 200 });
    expect(failedIn(report)).toEqual(['connect-timeout', 'first-byte']);
    expect(report.attempts).toBe(report.errors['connect-timeout'] + report.errors['first-byte']);
  });

  it('tls: no TLS behind the port, or a certificate nobody vouches for', async () => {
    const plain = await faultyServer();
    expect(failedIn(await load(plain.port, { scheme: 'https', mode: 'new', timeoutMs: 300 }))).toEqual([
      'tls',
    ]);
    const secure = await faultyServer({ tls: true });
    expect(failedIn(await load(secure.port, { scheme: 'https', mode: 'new', verify: true }))).toEqual([
      'tls',
    ]);
  });

  it('good with verification, when the certificate is vouched for', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'load-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const caFile = join(directory, 'ca.pem');
    writeFileSync(caFile, (await testCertificate()).cert);
    const secure = await faultyServer({ tls: true });
    const report = await load(secure.port, { scheme: 'https', mode: 'new', verify: true, caFile });
    expect(failedIn(report)).toEqual([]);
    expect(report.good).toBeGreaterThan(0);
  });

  it.each<[string, string, ErrorPhase]>([
    ['an answer that is not HTTP', 'hello\r\n\r\n', 'status'],
    ['a body of another size', 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc', 'body'],
    ['bytes behind the answer', `HTTP/1.1 200 OK\r\ncontent-length: 32\r\n\r\n${'x'.repeat(33)}`, 'body'],
    ['a FIN in the middle of the head', 'HTTP/1.1 200 OK\r\ncontent-le', 'truncated'],
  ])('%s', async (_name, answer, phase) => {
    const port = await serverOf((socket) => socket.end(answer));
    expect(failedIn(await load(port, { mode: 'new' }))).toEqual([phase]);
  });

  it('a body that ends with its connection is whole', async () => {
    const port = await serverOf((socket) => socket.end(`HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(32)}`));
    const report = await load(port, { mode: 'keepalive' });
    expect(failedIn(report)).toEqual([]);
    expect(report.connectionsOpened).toBeGreaterThanOrEqual(report.good);
  });
});

describe('connections', () => {
  it('come from the source addresses in turn', async () => {
    const seen = new Set<string>();
    const port = await serverOf((socket) => {
      seen.add(socket.remoteAddress ?? '');
      socket.end(`HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 32\r\n\r\n${'x'.repeat(32)}`);
    });
    await load(port, { mode: 'new', sourceAddresses: ['127.0.0.2', '127.0.0.3'] });
    expect([...seen].toSorted((a, b) => a.localeCompare(b))).toEqual(['127.0.0.2', '127.0.0.3']);
  });

  it('are closed by the server first when it does, so that no RST answers its last packets', async () => {
    let resets = 0;
    const port = await serverOf((socket) => {
      socket.on('error', () => resets++);
      socket.write(`HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 32\r\n\r\n${'x'.repeat(32)}`);
      setTimeout(() => socket.end(), 20);
    });
    const report = await load(port, { mode: 'new' });
    expect(report.good).toBe(report.attempts);
    expect(resets).toBe(0);
  });

  it('that a server closes between requests are no error', async () => {
    const port = await serverOf((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 32\r\n\r\n${'x'.repeat(32)}`);
      setTimeout(() => socket.end(), 30);
    });
    // Ten requests a second over eight connections: each is idle when its server closes it.
    const report = await load(port, { mode: 'keepalive', rate: 10, durationMs: 1000 });
    expect(failedIn(report)).toEqual([]);
    expect(report.good).toBe(10);
    expect(report.connectionsOpened).toBe(10);
  });
});

/** Answers each request (one packet here) by `answer`. */
async function serverOf(answer: (socket: Socket) => void): Promise<number> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => {});
    socket.on('data', () => answer(socket));
  }).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Listens with a queue of two and is then stopped: the kernel completes what fits and drops the rest. */
async function sleepingServer(): Promise<number> {
  const script = `const s = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 2 },
    () => process.stdout.write(String(s.address().port)));`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [port] = await once(child.stdout, 'data');
  child.kill('SIGSTOP');
  return Number(String(port));
}

async function reportWithFileLimit(spec: LoadSpec, files: number): Promise<LoadReport> {
  const main = join(import.meta.dirname, '../../src/load/main.ts');
  const script = `ulimit -n ${files}; exec "$0" "$@"`;
  const child = spawn('sh', ['-c', script, process.execPath, main, JSON.stringify(spec)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  for await (const piece of child.stdout) output += String(piece);
  const event: LoadEvent = JSON.parse(output.trim().split('\n').at(-1) ?? '');
  if (!('report' in event)) throw new Error(output);
  return event.report;
}
