// `limits.downloadRate`: a client that takes too little of what waits for it is cut and counted, in every lane and over each
// protocol; one that takes it, and one for which nothing waits, is left alone.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { expect, it, onTestFinished, vi } from 'vitest';
import { open, type Opened } from '../support/open.ts';
import { PROTOCOLS, start } from './start.ts';

/** `/events`: one and no more; anything else: bytes without end, as fast as they are taken. */
async function source(): Promise<string> {
  const piece = Buffer.alloc(64 * 1024);
  const server = createServer((request, response) => {
    response.on('error', () => undefined);
    if (request.url === '/events') response.write('data: 1\n\n');
    else
      Readable.from(endless(piece))
        .on('error', () => undefined)
        .pipe(response);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
}

function* endless(piece: Buffer): Generator<Buffer> {
  for (;;) yield piece;
}

/** Takes what there is, up to 200 times a second: less than waits, and far more than it has to. */
async function take({ answered }: Opened): Promise<void> {
  const { body } = await answered;
  const timer = setInterval(() => body.read(), 5);
  onTestFinished(() => clearInterval(timer));
}

it('cuts those who do not read, and nobody else', async () => {
  const upstream = await source();
  const full = { headers: { request: { set: { 'x-full': 1 } } } };
  const { front, httpsPort } = await start(
    [
      { path: '/', upstream },
      { path: '/full', upstream, ...full },
    ],
    {},
    { limits: { downloadRate: '1KB' } },
  );
  const status = () => front?.status();
  const good = PROTOCOLS.flatMap((protocol) =>
    [protocol === 'h1' ? '/' : '/full', '/events'].map((path) => open(httpsPort, protocol, 'GET', path)),
  );
  for (const one of good) await take(one);
  const slow = PROTOCOLS.flatMap((protocol) =>
    ['/', '/full'].map((path) => open(httpsPort, protocol, 'GET', path)),
  );
  for (const { answered } of slow) await answered;
  expect(status()).toMatchObject({ connections: 8, drops: {} });

  const now = performance.now.bind(performance);
  let ahead = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + ahead);
  onTestFinished(() => clock.mockRestore());
  const later = (): number | undefined => {
    ahead += 2000;
    return status()?.drops['slow-reader'];
  };
  await expect.poll(later, { interval: 200 }).toBe(4);
  expect(status()).toMatchObject({ connections: 4, drops: { 'slow-reader': 4 } });
  for (let at = 0; at < 5; at++) {
    later();
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  expect(status()).toMatchObject({ connections: 4, drops: { 'slow-reader': 4 } });
});
