// Clients that ask for much and take little of it: each is cut, counted, and leaves nothing in the kernel.
import { describe, expect, it, onTestFinished } from 'vitest';
import { BY_FULL_LANE, route, startFront, upstream, type Running } from '../support/front.ts';
import {
  EVERY_WINDOW_OPEN,
  get,
  hpackBomb,
  openFrames,
  PING,
  SETTINGS,
  windowOf,
  windowUpdate,
} from '../support/h2Frames.ts';
import { rawConnectTls, type RawClient } from '../support/raw.ts';
import { httpUpstream } from '../support/upstream.ts';

/** More than the kernel takes of it. */
const LARGE = Buffer.alloc(12_000_000, 'x');
/** `/wire` and `/full`: the same upstream by either lane. */
async function before(idleMs: number): Promise<Running> {
  const { url } = await httpUpstream((_request, response) => response.end(LARGE));
  const target = upstream([url], { engine: 'wire' });
  return startFront({
    routes: [route('/wire', target), route('/full', target, 0, BY_FULL_LANE)],
    timeouts: { responseIdleMs: idleMs },
    limits: { bodyBytesPerSecond: 1_000_000 },
  });
}

/** What it had coming is thrown away: else it would go on to read megabytes, and the kernel to hold them. */
async function expectReset(client: RawClient): Promise<void> {
  let code: unknown;
  client.socket.on('error', (error) => (code = 'code' in error ? error.code : error));
  client.socket.resume();
  await client.untilClosed();
  expect(code).toBe('ECONNRESET');
  expect(client.received.length).toBeLessThan(LARGE.length);
}

describe.each(['/wire', '/full'])('a client that takes nothing of %s', (path) => {
  it('is reset and counted: HTTP/1.1', async () => {
    const { front, httpsPort, record } = await before(200);
    const client = rawConnectTls(httpsPort);
    client.socket.pause();
    client.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    expect(await record()).toMatchObject({ status: 499, path });
    await expect
      .poll(() => front.status())
      .toMatchObject({ connections: 0, activeRequests: 0, drops: { 'slow-reader': 1 } });
    await expectReset(client);
  });

  it('is reset and counted: HTTP/2, where not even the end of its stream gets through', async () => {
    const { front, httpsPort, record } = await before(200);
    const client = await openFrames(httpsPort);
    client.socket.pause();
    client.write(Buffer.concat([EVERY_WINDOW_OPEN, get(1, path)]));
    expect(await record()).toMatchObject({ status: 499, path });
    await expect
      .poll(() => front.status())
      .toMatchObject({ connections: 0, activeRequests: 0, drops: { 'slow-reader': 1 } });
    await expectReset(client);
  });

  it.each([
    ['sends PINGs meanwhile', 0],
    ['opens its window byte by byte', 1],
  ])('loses its stream and is counted: HTTP/2, where it %s', async (_name, bytes) => {
    const { front, httpsPort, record } = await before(500);
    const client = await openFrames(httpsPort);
    client.write(Buffer.concat([windowOf(bytes), get(1, path)]));
    const more = bytes === 0 ? PING : Buffer.concat([windowUpdate(1, bytes), windowUpdate(0, bytes)]);
    const busy = setInterval(() => client.write(more), 50);
    onTestFinished(() => clearInterval(busy));
    expect(await record()).toMatchObject({ status: 499, path });
    expect(front.status()).toMatchObject({ connections: 1, drops: { 'slow-reader': 1 } });
  });
});

it('streams that Node resets unseen, for more fields than announced, are counted (HPACK bombs)', async () => {
  const { front, httpsPort } = await startFront({ timeouts: { requestHeaderMs: 300 } });
  const client = await openFrames(httpsPort);
  client.write(SETTINGS);
  for (let bomb = 0; bomb < 5; bomb++) client.write(hpackBomb(1 + 2 * bomb));
  await client.untilClosed();
  await expect
    .poll(() => front.status())
    .toMatchObject({ connections: 0, drops: { 'h2-headers-too-large': 5 } });
});
