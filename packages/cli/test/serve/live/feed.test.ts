// The stream of the live page over a real socket: who gets it, who is dropped, and when it stops.
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LiveFeed } from '../../../src/serve/live/feed.ts';
import type { Look } from '../../../src/serve/live/look.ts';
import { lookAt } from '../../support/looks.ts';

interface Watched {
  readonly feed: LiveFeed;
  readonly looks: { count: number };
  readonly idle: { count: number };
  /** A watcher that reads, or not. */
  watch(reads?: boolean): Promise<{ socket: Socket; text(): string }>;
}

async function watched(lookNow: (second: number) => Look = (second) => lookAt({ second })): Promise<Watched> {
  const looks = { count: 0 };
  const idle = { count: 0 };
  const feed = new LiveFeed({
    look: () => Promise.resolve(lookNow(looks.count++)),
    onIdle: () => (idle.count += 1),
    everyMs: 5,
  });
  const server = createServer((_request, response: ServerResponse) => {
    if (!feed.join(response)) response.writeHead(503).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    feed.close();
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const watch: Watched['watch'] = async (reads = true) => {
    const socket = connect(port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    let text = '';
    if (reads) socket.on('data', (chunk) => (text += chunk.toString()));
    socket.write('GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n');
    return { socket, text: () => text };
  };
  return { feed, looks, idle, watch };
}

describe('the live feed', () => {
  it('looks at nothing until somebody watches, and no more when the last has left', async () => {
    const { feed, looks, idle, watch } = await watched();
    expect(looks.count).toBe(0);
    const { socket, text } = await watch();
    await expect.poll(() => text()).toContain('event: pulse\ndata: {');
    socket.destroy();
    await expect.poll(() => idle.count).toBe(1);
    expect(feed.watchers).toBe(0);
    const { count } = looks;
    const later = await watch();
    await expect.poll(() => later.text()).toContain('event: pulse');
    // What was seen before the pause is not joined to what comes after it.
    expect(later.text()).toContain('event: history\ndata: []\n');
    expect(looks.count).toBeGreaterThan(count);
  });

  it('tells who comes later what was seen so far', async () => {
    const { watch } = await watched();
    const first = await watch();
    await expect.poll(() => first.text().split('event: pulse').length).toBeGreaterThan(3);
    const second = await watch();
    await expect.poll(() => second.text()).toMatch(/event: history\ndata: \[\{"timeMs":/);
  });

  it('turns away whoever comes when enough watch', async () => {
    const { feed, watch } = await watched();
    for (let at = 0; at < 16; at++) await watch();
    await expect.poll(() => feed.watchers).toBe(16);
    const late = await watch();
    await expect.poll(() => late.text()).toMatch(/^HTTP\/1\.1 503 /);
    expect(feed.watchers).toBe(16);
  });

  it('drops a watcher that does not read, and serves the others', async () => {
    // A large second: thousands of servers, as a large configuration has them.
    const upstreams = Array.from({ length: 500 }, (_, at) => serverAt(at));
    const { feed, watch } = await watched((second) => lookAt({ second, upstreams }));
    const { socket } = await watch(false);
    const reader = await watch();
    await expect.poll(() => feed.dropped).toBe(1);
    // It is gone when its socket has closed.
    await expect.poll(() => feed.watchers).toBe(1);
    socket.destroy();
    const { length } = reader.text();
    await expect.poll(() => reader.text().length).toBeGreaterThan(length);
  });
});

type Upstream = NonNullable<Parameters<typeof lookAt>[0]['upstreams']>[number];

const serverAt = (at: number): Upstream => ({
  server: `http://10.0.0.1:${at}`,
  address: null,
  state: 'up',
  checks: null,
  weight: 1,
  backup: false,
  active: 0,
  maxConnections: null,
  requests: 0,
  failures: 0,
  trips: 0,
  fails: 0,
  marked: false,
});
