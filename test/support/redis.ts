// A real redis-server of the test's own, gone with it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';

const REDIS_SERVER = '/usr/bin/redis-server';
/** Where it is to be installed it has to be there. */
export const HAS_REDIS = existsSync(REDIS_SERVER) || process.env['CI'] === 'true';

export interface RedisPeer {
  readonly directory: string;
  readonly socket: string;
  start(): Promise<void>;
  /** SIGKILL: its connections are closed, its data is gone. */
  kill(): Promise<void>;
  /** It keeps its connections and says nothing. */
  freeze(): void;
  thaw(): void;
  /** Of an inline command; the raw reply. */
  ask(command: string): Promise<string>;
}

/** `settings`: further lines of its configuration file. */
export async function redisPeer(settings: readonly string[] = []): Promise<RedisPeer> {
  const directory = mkdtempSync(join(tmpdir(), 'tollgate-redis-'));
  const socket = join(directory, 'redis.sock');
  const file = join(directory, 'redis.conf');
  writeFileSync(
    file,
    ['port 0', `unixsocket ${socket}`, `dir ${directory}`, 'save ""', 'logfile redis.log', ...settings].join(
      '\n',
    ),
  );
  let child: ReturnType<typeof spawn> | undefined;
  const kill = async (): Promise<void> => {
    const running = child;
    child = undefined;
    if (running === undefined) return;
    const gone = once(running, 'exit');
    running.kill('SIGKILL');
    await gone;
  };
  onTestFinished(async () => {
    await kill();
    rmSync(directory, { recursive: true, force: true });
  });
  const peer: RedisPeer = {
    directory,
    socket,
    start: async () => {
      child = spawn(REDIS_SERVER, [file], { stdio: 'ignore' });
      await vi.waitFor(() => peer.ask('PING'), { timeout: 10_000, interval: 20 });
    },
    kill,
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    ask: async (command) => {
      const client = connect(socket);
      client.on('connect', () => client.end(`${command}\r\n`));
      const [reply] = await once(client, 'data');
      return String(reply);
    },
  };
  await peer.start();
  return peer;
}
