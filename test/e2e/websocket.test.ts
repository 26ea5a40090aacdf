// A WebSocket through the life of the process: a reload leaves it open, an end says so.
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { config, run, serve, site } from '../support/tollgate.ts';

const BACKEND = join(import.meta.dirname, '../../packages/backend/src/app.ts');
const withBackend = (): string => site({ 'tollgate.yaml': config().replace('./app.mjs', BACKEND) });

async function connected(port: number): Promise<WebSocket> {
  const socket = new WebSocket(`wss://127.0.0.1:${port}/ws`, { rejectUnauthorized: false });
  onTestFinished(() => socket.terminate());
  await once(socket, 'open');
  return socket;
}

async function echo(socket: WebSocket, text: string): Promise<string> {
  const answer = once(socket, 'message');
  socket.send(text);
  const [data] = await answer;
  return String(data);
}

describe('a WebSocket', () => {
  it('stays open through reloads', async () => {
    const { directory, httpsPort } = await serve(withBackend());
    const socket = await connected(httpsPort);
    expect(await echo(socket, 'before')).toContain('before');
    for (let round = 0; round < 3; round += 1) {
      expect((await run(directory, ['reload'])).code).toBe(0);
      expect(await echo(socket, `after ${round}`)).toContain(`after ${round}`);
    }
  });

  it('is told to go away (1001) when the process drains', async () => {
    const running = await serve(withBackend());
    const socket = await connected(running.httpsPort);
    await echo(socket, 'hello');
    const closed = once(socket, 'close');
    running.signal('SIGTERM');
    const [code] = await closed;
    expect(code).toBe(1001);
    expect(await running.ended).toEqual({ code: 0, signal: null });
  });
});
