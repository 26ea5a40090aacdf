import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { runningSite } from '../running-site.ts';

async function openEcho(url: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, { rejectUnauthorized: false });
  onTestFinished(() => socket.terminate());
  await once(socket, 'open');
  return socket;
}

describe('/ws', () => {
  it('sends text back as text and bytes back as bytes', async () => {
    const { url } = await runningSite();
    const socket = await openEcho(url);
    socket.send('grüße');
    expect(await once(socket, 'message')).toEqual([Buffer.from('grüße'), false]);
    socket.send(Buffer.from([0, 255]));
    expect(await once(socket, 'message')).toEqual([Buffer.from([0, 255]), true]);
  });

  it('works over TLS, where HTTP/2 is spoken too', async () => {
    const { url } = await runningSite({ tls: true });
    const socket = await openEcho(url);
    socket.send('hello');
    expect(await once(socket, 'message')).toEqual([Buffer.from('hello'), false]);
  });

  it('refuses a message above 16 MiB with 1009', async () => {
    const { url } = await runningSite();
    const socket = await openEcho(url);
    socket.send(Buffer.alloc(16 * 1024 ** 2 + 1));
    const [code] = await once(socket, 'close');
    expect(code).toBe(1009);
  });

  it('does not read from a client that does not read its echoes, and loses nothing of them', async () => {
    const { url } = await runningSite();
    const socket = await openEcho(url);
    const message = Buffer.alloc(1024 ** 2, 7);
    const count = 48;
    socket.pause();
    for (let sent = 0; sent < count; sent++) socket.send(message);
    await new Promise((resolve) => setTimeout(resolve, 300));
    // What the server would not take waits here, on the client's side.
    expect(socket.bufferedAmount).toBeGreaterThan(message.length);
    let echoed = 0;
    socket.on('message', (data: Buffer) => (echoed += data.length));
    socket.resume();
    await expect.poll(() => echoed, { timeout: 20_000 }).toBe(count * message.length);
  });

  it('asks a plain request to upgrade', async () => {
    const { url } = await runningSite();
    const response = await fetch(`${url}/ws`);
    expect(response.status).toBe(426);
    expect(response.headers.get('upgrade')).toBe('websocket');
  });

  it('closes its sockets with 1005 or 1001 when the site ends', async () => {
    const site = await runningSite();
    const socket = await openEcho(site.url);
    const closed = once(socket, 'close');
    await site.close();
    const [code] = await closed;
    expect([1001, 1005]).toContain(code);
  });
});
