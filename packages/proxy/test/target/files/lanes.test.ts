// Files over both lanes: the same bytes, whether they come from memory or from the disk, and every answer in its turn.
import { mkdirSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { OpenFile } from '../../../src/target/files/openFile.ts';
import { plain, route, startFront, temporaryDirectory, type Running } from '../../support/front.ts';
import { rawConnect, type RawClient } from '../../support/raw.ts';

const DATE = new Date('2026-01-02T03:04:05Z');
const LARGE_BYTES = 4 * 1024 * 1024;
/** Of these sites one is served by the wire lane; tracing is what it leaves to the other. */
const LANES = ['wire', 'full'] as const;

let directory = '';
let running: Running;

beforeEach(async () => {
  directory = join(temporaryDirectory(), 'site');
  mkdirSync(join(directory, 'sub'), { recursive: true });
  const put = (name: string, bytes: string | Buffer): void => {
    writeFileSync(join(directory, name), bytes);
    utimesSync(join(directory, name), DATE, DATE);
  };
  put('index.html', '<p>index</p>');
  put('empty.txt', '');
  put('large.bin', Buffer.alloc(LARGE_BYTES, '0123456789abcdef'));
  const files = { directory, index: ['index.html'], cacheControl: 'max-age=60', fallback: undefined };
  const spa = { ...files, fallback: 'index.html' };
  running = await startFront(
    plain({
      sites: LANES.map((lane) => ({
        hosts: [`${lane}.test`],
        tls: { kind: 'self-signed' },
        routes: [
          route('/', { kind: 'files', files }, 200, { tracing: lane === 'full' }),
          route('/spa/', { kind: 'files', files: spa }, 200, { tracing: lane === 'full' }),
        ],
      })),
    }),
  );
});

function ask(client: RawClient, lane: string, line: string, fields = ''): void {
  client.write(`${line} HTTP/1.1\r\nHost: ${lane}.test\r\n${fields}\r\n`);
}

/** All that comes on one connection, which the last request ends. */
async function answers(lane: string, lines: readonly string[], fields = ''): Promise<string> {
  const client = rawConnect(running.httpPort);
  for (const line of lines) ask(client, lane, line, fields);
  ask(client, lane, 'GET /empty.txt', 'Connection: close\r\n');
  await client.untilClosed();
  return client.text.replaceAll(/Date: .*/g, 'Date: D');
}

it.each([
  [['GET /', 'HEAD /', 'GET /', 'GET /sub', 'GET /missing', 'GET /sub/', 'DELETE /', 'GET /empty.txt']],
  [['HEAD /large.bin', 'GET /spa/any/where', 'GET /spa/.env', 'GET /large.bin', 'GET /']],
])('%j: the same bytes in either lane, cold and warm, in their order', async (lines) => {
  const cold = await answers('full', lines);
  expect(await answers('wire', lines)).toBe(cold);
  expect(await answers('wire', lines)).toBe(cold);
  expect(cold.match(/HTTP\/1\.1 /g)).toHaveLength(lines.length + 1);
});

it.each([
  'Range: bytes=4194300-\r\n',
  'Range: bytes=5-70000\r\nIf-Range: Fri, 02 Jan 2026 03:04:05 GMT\r\n',
  'Range: bytes=4194304-\r\n',
  'If-Modified-Since: Fri, 02 Jan 2026 03:04:05 GMT\r\n',
  'If-Match: "x"\r\n',
])('a large file with %j: the same in either lane', async (fields) => {
  const full = await answers('full', ['GET /large.bin', 'GET /'], fields);
  expect(await answers('wire', ['GET /large.bin', 'GET /'], fields)).toBe(full);
});

describe.each(LANES)('%s lane', (lane) => {
  it('a body that is larger than it may be is refused while the file is being read', async () => {
    const client = rawConnect(running.httpPort);
    const chunk = `12c\r\n${'x'.repeat(300)}\r\n`;
    client.write(
      `GET /large.bin HTTP/1.1\r\nHost: ${lane}.test\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`,
    );
    expect(await client.untilClosed()).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('a file that becomes shorter on its way is cut, and never padded', async () => {
    // More than the buffers of a connection hold.
    const bytes = 64 * 1024 * 1024;
    const file = join(directory, 'huge.bin');
    writeFileSync(file, '');
    truncateSync(file, bytes);
    const client = rawConnect(running.httpPort);
    ask(client, lane, 'GET /huge.bin');
    await client.until((text) => text.startsWith('HTTP/1.1 200 '));
    client.socket.pause();
    truncateSync(file, 0);
    client.socket.resume();
    await client.untilClosed();
    expect(client.received.length).toBeLessThan(bytes);
    const record = await running.record(({ path }) => path === '/huge.bin');
    expect(record.status).toBe(500);
  });

  it('a file of which nothing can be read is an error answer', async () => {
    const next = vi.spyOn(OpenFile.prototype, 'next').mockRejectedValueOnce(new Error('EIO'));
    onTestFinished(() => next.mockRestore());
    const client = rawConnect(running.httpPort);
    ask(client, lane, 'GET /large.bin', 'Connection: close\r\n');
    expect(await client.untilClosed()).toMatch(/^HTTP\/1\.1 500 /);
  });
});
