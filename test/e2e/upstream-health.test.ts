// Servers that die and come back, servers in turn, and servers whose certificate is judged.
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { selfSignedCertificate } from '../../packages/backend/src/listen/self-signed.ts';
import { ask } from '../support/ask.ts';
import { startRoutes } from '../support/ways.ts';
import type { Running } from '../support/ways.ts';

interface Member {
  readonly url: string;
  readonly port: number;
  /** Requests it answered, and connections it was asked for. */
  readonly count: { requests: number; connections: number };
  close(): Promise<void>;
}

async function member(name: string, port = 0): Promise<Member> {
  const count = { requests: 0, connections: 0 };
  const server = createServer((_request, response) => {
    count.requests += 1;
    response.end(name);
  });
  server.on('connection', () => (count.connections += 1));
  const bound = await listening(server, port);
  return { url: `http://127.0.0.1:${bound}`, port: bound, count, close: () => closed(server) };
}

async function listening(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  onTestFinished(() => closed(server));
  return (server.address() as AddressInfo).port;
}

async function closed(server: Server): Promise<void> {
  const done = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await done;
}

async function frontOf(upstream: object): Promise<Running> {
  const running = await startRoutes([{ path: '/', upstream }]);
  onTestFinished(() => running.close());
  return running;
}

const answerOf = async ({ httpsPort }: Running): Promise<string> => {
  const { status, body } = await ask(httpsPort, 'h1', { path: '/' });
  return status === 200 ? body.toString() : String(status);
};

describe.each(['http-proxy', 'wire'])('an upstream by %s', (engine) => {
  it('that dies is 502, and answers again when it is back', async () => {
    const first = await member('alive');
    const running = await frontOf({ servers: [first.url], engine, maxFails: 2, failWindow: '3s' });
    expect(await answerOf(running)).toBe('alive');
    await first.close();
    for (let failure = 0; failure < 4; failure++) expect(await answerOf(running)).toMatch(/^50[23]$/);
    await member('back', first.port);
    await expect.poll(() => answerOf(running), { timeout: 15_000, interval: 250 }).toBe('back');
  });

  it('leaves a server that is marked alone for its window, though it is back', async () => {
    const [a, b] = [await member('a'), await member('b')];
    const upstream = { servers: [a.url, b.url], engine, maxFails: 2, failWindow: '10m' };
    const running = await frontOf(upstream);
    await a.close();
    for (let at = 0; at < 6; at++) expect(await answerOf(running)).toBe('b');
    const again = await member('a is back', a.port);
    for (let at = 0; at < 6; at++) expect(await answerOf(running)).toBe('b');
    expect(again.count.connections).toBe(0);
  });

  it('with two servers asks them in turn', async () => {
    const members = [await member('a'), await member('b')];
    const running = await frontOf({ servers: members.map(({ url }) => url), engine });
    const answers: string[] = [];
    for (let at = 0; at < 10; at++) answers.push(await answerOf(running));
    expect(answers.join('')).toMatch(/^(ab){5}$|^(ba){5}$/);
  });

  it('with two servers of which one dies answers every request', async () => {
    const [a, b] = [await member('a'), await member('b')];
    const running = await frontOf({ servers: [a.url, b.url], engine });
    await answerOf(running);
    await a.close();
    const answers = [];
    for (let at = 0; at < 12; at++) answers.push(await answerOf(running));
    expect(new Set(answers)).toEqual(new Set(['b']));
  });

  it('with weights, a backup and checks follows its configuration file', async () => {
    const [a, b, spare] = [await member('a'), await member('b'), await member('spare')];
    const servers = [{ url: a.url, weight: 2 }, b.url, { url: spare.url, backup: true }];
    const health = { path: '/', interval: '50ms', fall: 1, rise: 1, status: ['2xx'] };
    const running = await frontOf({ servers, engine, health, failWindow: '10m' });
    const answers = [];
    for (let at = 0; at < 6; at++) answers.push(await answerOf(running));
    expect(answers.join('')).toBe('abaaba');
    await a.close();
    await b.close();
    await expect.poll(() => answerOf(running)).toBe('spare');
    await member('b is back', b.port);
    await expect.poll(() => answerOf(running)).toBe('b is back');
  });

  it('over https is not asked when nobody vouches for its certificate', async () => {
    const { server, count } = await secureMember();
    const running = await frontOf({ servers: [server], engine });
    expect(await answerOf(running)).toBe('502');
    expect(count.requests).toBe(0);
  });

  it('over https is asked when the configured authority vouches for it', async () => {
    const { server, ca } = await secureMember();
    const running = await frontOf({ servers: [server], engine, ca, serverName: 'localhost' });
    expect(await answerOf(running)).toBe('secure');
  });

  it('over https is not asked when its certificate is for another name', async () => {
    const { server, ca, count } = await secureMember();
    const running = await frontOf({ servers: [server], engine, ca, serverName: 'other.test' });
    expect(await answerOf(running)).toBe('502');
    expect(count.requests).toBe(0);
  });
});

interface SecureMember {
  readonly server: string;
  /** A file with the certificate that signed itself. */
  readonly ca: string;
  readonly count: { requests: number };
}

async function secureMember(): Promise<SecureMember> {
  const certificate = await selfSignedCertificate();
  const directory = mkdtempSync(join(tmpdir(), 'tollgate-ca-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const ca = join(directory, 'ca.pem');
  writeFileSync(ca, certificate.cert);
  const count = { requests: 0 };
  const server = createTlsServer(certificate, (_request, response) => {
    count.requests += 1;
    response.end('secure');
  });
  const port = await listening(server, 0);
  return { server: `https://127.0.0.1:${port}`, ca, count };
}
