// What the front answers itself: hosts and paths it does not serve, the redirect to https, files, and failures of an
// app, of which a client learns nothing but the status.
import { connect as connectH2 } from 'node:http2';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { rawConnect, rawConnectTls } from '../../packages/proxy/test/support/raw.ts';
import { ask, fieldOf } from '../support/ask.ts';
import type { Answer } from '../support/ask.ts';
import { recordOf } from '../support/records.ts';
import { FRONT_WAYS, HOST, onEveryWay, startRoutes } from '../support/ways.ts';
import type { Running } from '../support/ways.ts';

onEveryWay(FRONT_WAYS, (running, protocol) => {
  it('a host that no site has is 421, and the record names it', async () => {
    const path = `/misdirected-${protocol}`;
    const status = await statusForHost(running(), protocol, 'other.test', path);
    expect(status).toBe(421);
    expect(await recordOf(running(), path)).toMatchObject({
      status: 421,
      host: 'other.test',
      upstream: undefined,
    });
  });

  it('what an app throws stays in the event log', async () => {
    const answer = await ask(running().httpsPort, protocol, { path: '/probe/throw' });
    expect(answer.status).toBe(500);
    if (running().way.kind !== 'in-process') return;
    expect(answer.body.toString()).not.toContain('1234');
    expect(
      JSON.stringify(running().events, (_key, value) => (value instanceof Error ? value.message : value)),
    ).toContain('the password is 1234');
  });
});

onEveryWay(
  FRONT_WAYS,
  (running) => {
    it('plain http is sent to https, same host and path', async () => {
      const { httpPort, httpsPort } = running();
      const client = rawConnect(httpPort);
      client.write(`GET /a?b=c HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`);
      const answer = await client.untilClosed();
      expect(answer).toMatch(/^HTTP\/1\.1 308 /);
      expect(answer).toMatch(new RegExp(`\r\nlocation: https://${HOST}:${httpsPort}/a\\?b=c\r\n`, 'i'));
    });
  },
  ['h1'],
);

describe.each(['http-proxy', 'wire'])('an upstream that fails (%s)', (engine) => {
  describe.each(['h1', 'h2'] as const)('%s', (protocol) => {
    const failing = async (server: string): Promise<{ answer: Answer; running: Running }> => {
      const running = await startRoutes([{ path: '/', upstream: { servers: [server], engine } }]);
      onTestFinished(() => running.close());
      const answer = await ask(running.httpsPort, protocol, { path: '/failing' });
      return { answer, running };
    };

    it('refused: 502, and nothing of its address reaches the client', async () => {
      const server = `http://127.0.0.1:${await freePort()}`;
      const { answer, running } = await failing(server);
      expect(answer.status).toBe(502);
      expect(JSON.stringify([answer.fields, answer.body.toString()])).not.toMatch(/127\.0\.0\.1|ECONN/);
      expect(await recordOf(running, '/failing')).toMatchObject({ status: 502, upstream: server });
    });

    it('a socket path that is not there: 502 without the path', async () => {
      const { answer } = await failing('unix:/nonexistent/app.sock');
      expect(answer.status).toBe(502);
      expect(answer.body.toString()).not.toContain('nonexistent');
    });

    it.each([
      ['closes without an answer', ''],
      ['speaks no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
      [
        'answers with two framings',
        'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      ],
      ['answers with two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
      [
        'changes the protocol unasked',
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
      ],
    ])('that %s: 502', async (_what, bytes) => {
      const { answer } = await failing(await serverOf(bytes));
      expect(answer.status).toBe(502);
    });
  });
});

describe('files', () => {
  const CONTENT = Buffer.from(Array.from({ length: 5000 }, (_, at) => `line ${at}\n`).join(''));

  async function filesSite(): Promise<Running> {
    const directory = mkdtempSync(join(tmpdir(), 'tollgate-files-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    mkdirSync(join(directory, 'below'));
    writeFileSync(join(directory, 'lines.txt'), CONTENT);
    writeFileSync(join(directory, 'below', 'index.html'), '<p>below</p>');
    const running = await startRoutes([{ path: '/', files: directory }]);
    onTestFinished(() => running.close());
    return running;
  }

  it.each(['h1', 'h2'] as const)('are sent whole and in ranges over %s', async (protocol) => {
    const { httpsPort } = await filesSite();
    const get = (path: string, fields = {}): Promise<Answer> => ask(httpsPort, protocol, { path, fields });
    const whole = await get('/lines.txt');
    expect([whole.status, whole.body.equals(CONTENT)]).toEqual([200, true]);
    const range = await get('/lines.txt', { range: 'bytes=100-199' });
    expect([range.status, range.body.equals(CONTENT.subarray(100, 200))]).toEqual([206, true]);
    expect(fieldOf(range.fields, 'content-range')).toBe(`bytes 100-199/${CONTENT.length}`);
    const last = await get('/lines.txt', { range: 'bytes=-10' });
    expect(last.body.equals(CONTENT.subarray(-10))).toBe(true);
    expect((await get('/lines.txt', { range: `bytes=${CONTENT.length}-` })).status).toBe(416);
  });

  it.each(['h1', 'h2'] as const)('are confirmed, indexed, and missing over %s', async (protocol) => {
    const { httpsPort } = await filesSite();
    const get = (path: string, fields = {}): Promise<Answer> => ask(httpsPort, protocol, { path, fields });
    const etag = fieldOf((await get('/lines.txt')).fields, 'etag') ?? '';
    expect((await get('/lines.txt', { 'if-none-match': etag })).status).toBe(304);
    expect((await get('/below/')).body.toString()).toBe('<p>below</p>');
    expect((await get('/absent')).status).toBe(404);
    expect((await ask(httpsPort, protocol, { method: 'HEAD', path: '/lines.txt' })).body.length).toBe(0);
    expect((await ask(httpsPort, protocol, { method: 'POST', path: '/lines.txt', body: 'x' })).status).toBe(
      405,
    );
  });
});

async function statusForHost(
  { httpsPort }: Running,
  protocol: string,
  host: string,
  path: string,
): Promise<number> {
  if (protocol === 'h1') {
    const client = rawConnectTls(httpsPort, { servername: HOST });
    client.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    return Number((await client.untilClosed()).split(' ')[1]);
  }
  const session = connectH2(`https://127.0.0.1:${httpsPort}`, {
    rejectUnauthorized: false,
    servername: HOST,
  });
  onTestFinished(() => session.destroy());
  const stream = session.request({ ':path': path, ':authority': host });
  const status = new Promise<number>((resolve) => {
    stream.once('response', (headers) => resolve(headers[':status'] ?? 0));
  });
  await buffer(stream);
  return status;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A server that answers whatever it is asked with these bytes and closes. */
async function serverOf(bytes: string): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(bytes));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
