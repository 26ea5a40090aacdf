// WebSockets over every way of serving: what is sent comes back whole, and an end is an end on both sides.
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { rawConnectTls } from '../../packages/proxy/test/support/raw.ts';
import { recordOf } from '../support/records.ts';
import { FRONT_WAYS, HOST, onEveryWay, WAYS } from '../support/ways.ts';
import type { Running } from '../support/ways.ts';

async function openSocket({ httpsPort }: Running, path = '/ws'): Promise<WebSocket> {
  const socket = new WebSocket(`wss://127.0.0.1:${httpsPort}${path}`, {
    rejectUnauthorized: false,
    headers: { host: HOST },
    perMessageDeflate: false,
  });
  onTestFinished(() => socket.terminate());
  await once(socket, 'open');
  return socket;
}

async function echoOf(socket: WebSocket, message: string | Buffer): Promise<[Buffer, boolean]> {
  socket.send(message);
  const [data, isBinary] = await once(socket, 'message');
  return [data, isBinary];
}

onEveryWay(
  WAYS,
  (running) => {
    it('echoes text as text and bytes as bytes', async () => {
      const socket = await openSocket(running());
      expect(await echoOf(socket, 'grüße 👋')).toEqual([Buffer.from('grüße 👋'), false]);
      expect(await echoOf(socket, Buffer.from([0, 1, 254, 255]))).toEqual([
        Buffer.from([0, 1, 254, 255]),
        true,
      ]);
      expect(await echoOf(socket, '')).toEqual([Buffer.alloc(0), false]);
    });

    it.each([125, 126, 65_535, 65_536, 4 * 1024 ** 2])('echoes %i bytes', async (bytes) => {
      const socket = await openSocket(running());
      const message = Buffer.alloc(bytes, 'tollgate');
      const [echoed] = await echoOf(socket, message);
      expect(echoed.equals(message)).toBe(true);
    });

    it('echoes a message that came in fragments', async () => {
      const socket = await openSocket(running());
      const echoed = once(socket, 'message');
      for (const [at, part] of ['one ', 'two ', 'three'].entries()) socket.send(part, { fin: at === 2 });
      const [data] = await echoed;
      expect(String(data)).toBe('one two three');
    });

    it('keeps 200 messages in their order', async () => {
      const socket = await openSocket(running());
      const received: string[] = [];
      socket.on('message', (data: Buffer) => received.push(data.toString()));
      const sent = Array.from({ length: 200 }, (_, at) => `message ${at} ${'x'.repeat(at * 37)}`);
      for (const message of sent) socket.send(message);
      await expect.poll(() => received.length, { timeout: 10_000 }).toBe(200);
      expect(received).toEqual(sent);
    });

    it('answers a ping', async () => {
      const socket = await openSocket(running());
      const pong = once(socket, 'pong');
      socket.ping('are you there');
      expect(String((await pong)[0])).toBe('are you there');
    });

    it('gives a client back the close code it sent', async () => {
      const socket = await openSocket(running());
      const closed = once(socket, 'close');
      socket.close(4001, 'enough');
      expect(await closed).toEqual([4001, Buffer.from('enough')]);
    });

    it('tells a client why the app closed', async () => {
      const socket = await openSocket(running());
      const closed = once(socket, 'close');
      // No text: the byte is no UTF-8 (RFC 6455, 8.1).
      socket.send(Buffer.from([0xff]), { binary: false });
      expect((await closed)[0]).toBe(1007);
    });

    it('lets the app know that a client has vanished', async () => {
      const path = `/ws?vanishing=${running().way.kind}`;
      const socket = await openSocket(running(), path);
      await echoOf(socket, 'hello');
      socket.terminate();
      // The record is written when both sides have gone.
      const { method } = await recordOf(running(), path);
      expect(method).toBe('GET');
    });
  },
  ['h1'],
);

describe('with a front', () => {
  onEveryWay(
    FRONT_WAYS,
    (running) => {
      it('has one record, 101, with the upstream and the time it stood open', async () => {
        const path = '/ws?recorded=1';
        const socket = await openSocket(running(), path);
        await echoOf(socket, 'hello');
        socket.close();
        const record = await recordOf(running(), path);
        expect(record).toMatchObject({
          status: 101,
          host: HOST,
          protocol: 'HTTP/1.1',
          upstream: running().upstream,
          tlsVersion: 'TLSv1.3',
        });
      });

      it('refuses an upgrade to anything else by serving the request without it', async () => {
        const path = '/healthz';
        const { httpsPort } = running();
        const response = await askWithUpgrade(httpsPort, path);
        expect(response).toMatch(/^HTTP\/1\.1 200 /);
        expect(response).toMatch(/ok\n$/);
      });
    },
    ['h1'],
  );
});

function askWithUpgrade(port: number, path: string): Promise<string> {
  const client = rawConnectTls(port, { servername: HOST });
  const upgrade = 'Connection: Upgrade, close\r\nUpgrade: h2c';
  client.write(`GET ${path} HTTP/1.1\r\nHost: ${HOST}\r\n${upgrade}\r\n\r\n`);
  return client.untilClosed();
}
