// What systemd does with the process: opens its sockets, waits for READY=1, restarts it under load. By systemd's own tools.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { statusOf } from '../support/admin.ts';
import { get, startLoad } from '../support/client.ts';
import { COMMAND, config, killGroup, PATIENCE_MS, run, serve, site } from '../support/tollgate.ts';

const has = (tool: string): boolean => spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0;
const missing = ['systemd-socket-activate', 'systemd-notify', 'socat'].filter((tool) => !has(tool));
const reason = missing.length === 0 ? '' : ` (needs ${missing.join(', ')})`;

const activated = config().replace(/^listen:.*$/m, 'listen: { https: systemd:web }');

/** A free port, found by having had it. */
async function freePort(): Promise<number> {
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
  const bound = holder.address();
  await new Promise((resolve) => holder.close(resolve));
  return typeof bound === 'object' ? (bound?.port ?? 0) : 0;
}

describe.skipIf(missing.length > 0 && process.env['CI'] !== 'true')(`socket activation${reason}`, () => {
  it('serves on the socket of that name', async () => {
    const port = await freePort();
    const directory = site({ 'tollgate.yaml': activated });
    const child = spawn(
      'systemd-socket-activate',
      ['-l', `127.0.0.1:${port}`, '--fdname=web', COMMAND, 'serve'],
      {
        cwd: directory,
        stdio: 'ignore',
        detached: true,
      },
    );
    onTestFinished(() => killGroup(child));
    await expect.poll(() => answerOf(port), { timeout: PATIENCE_MS }).toBe('hello');
    expect(await run(directory, ['status'])).toMatchObject({ code: 0 });
  });

  it.each([['1'], ['2']])(
    'a restart under load loses no connection (workers: %s)',
    async (workers) => {
      const port = await freePort();
      const directory = site({ 'tollgate.yaml': activated });
      // As systemd does: the listening socket stays open here, one server after the other inherits it.
      const restarting =
        'for turn in 1 2 3 4; do (LISTEN_PID=$(exec sh -c \'echo "$PPID"\') exec "$@"); done';
      const command = [COMMAND, 'serve', '--workers', workers, '--request-log', 'off'];
      const holder = spawn(
        'systemd-socket-activate',
        ['-l', `127.0.0.1:${port}`, '--fdname=web', 'sh', '-c', restarting, 'sh', ...command],
        { cwd: directory, stdio: 'ignore', detached: true },
      );
      onTestFinished(() => killGroup(holder));
      await expect.poll(() => answerOf(port), { timeout: PATIENCE_MS }).toBe('hello');

      const load = startLoad(port, { clients: 6, mode: 'new' });
      let pid = await pidAfter(directory, 0);
      for (let restart = 0; restart < 3; restart += 1) {
        const good = load.good();
        await expect.poll(load.good, { timeout: PATIENCE_MS }).toBeGreaterThan(good + 20);
        process.kill(pid, 'SIGTERM');
        pid = await pidAfter(directory, pid);
      }
      await load.stop();
      expect(load.failures).toEqual([]);
    },
    120_000,
  );

  it.each(['1', '2'])(
    'a socket that a reload takes out is there for the next reload (workers: %s)',
    async (workers) => {
      const port = await freePort();
      const directory = site({ 'tollgate.yaml': activated });
      const command = [COMMAND, 'serve', '--workers', workers, '--request-log', 'off'];
      const holder = spawn(
        'systemd-socket-activate',
        ['-l', `127.0.0.1:${port}`, '--fdname=web', ...command],
        { cwd: directory, stdio: 'ignore', detached: true },
      );
      onTestFinished(() => killGroup(holder));
      await expect.poll(() => answerOf(port), { timeout: PATIENCE_MS }).toBe('hello');
      // One of two may answer before all serve.
      await pidAfter(directory, 0);

      const listening = async (listen: string): Promise<unknown> => {
        writeFileSync(
          join(directory, 'tollgate.yaml'),
          activated.replace(/^listen:.*$/m, `listen: ${listen}`),
        );
        return run(directory, ['reload']);
      };
      for (let turn = 0; turn < 2; turn += 1) {
        expect(await listening('{ http: 127.0.0.1:0 }')).toMatchObject({ code: 0 });
        await expect.poll(() => answerOf(port), { timeout: PATIENCE_MS }).toMatch(/ECONNRESET|hang up/);
        expect(await listening('{ https: systemd:web, http: 127.0.0.1:0 }')).toMatchObject({ code: 0 });
        await expect.poll(() => answerOf(port), { timeout: PATIENCE_MS }).toBe('hello');
      }
    },
    120_000,
  );

  it('a name that systemd did not pass is told with the names that it did', async () => {
    const { code, stderr } = await run(site({ 'tollgate.yaml': activated }), ['serve']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/systemd:web: .*FileDescriptorName=/);
  });
});

async function answerOf(port: number): Promise<string> {
  try {
    return (await get(port, '/')).body;
  } catch (error) {
    return String(error);
  }
}

/** The process that serves after the one named. */
function pidAfter(directory: string, former: number): Promise<number> {
  return vi.waitFor(
    async () => {
      const { state, pid } = await statusOf(directory);
      if (state !== 'serving' || pid === former) throw new Error(`still ${former}, or nobody`);
      return pid;
    },
    { timeout: PATIENCE_MS, interval: 300 },
  );
}

describe.skipIf(missing.length > 0 && process.env['CI'] !== 'true')(`readiness${reason}`, () => {
  it('READY=1 once it serves, RELOADING=1 and READY=1 around a reload, STOPPING=1, and the watchdog between', async () => {
    const directory = site();
    const socket = join(directory, 'notify.sock');
    const told = join(directory, 'told');
    writeFileSync(told, '');
    const listener = spawn('socat', ['-u', `UNIX-RECV:${socket}`, `OPEN:${told},append`], {
      stdio: 'ignore',
    });
    onTestFinished(() => void listener.kill('SIGKILL'));
    await expect.poll(() => existsSync(socket)).toBe(true);
    const messages = (): string => readFileSync(told, 'utf8');

    const running = await serve(directory, { env: { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '400000' } });
    await expect.poll(messages, { timeout: PATIENCE_MS }).toContain('READY=1');
    await expect.poll(messages, { timeout: PATIENCE_MS }).toMatch(/WATCHDOG=1[\s\S]*WATCHDOG=1/);
    running.signal('SIGHUP');
    await expect
      .poll(messages, { timeout: PATIENCE_MS })
      .toMatch(/READY=1[\s\S]*RELOADING=1\nMONOTONIC_USEC=\d+[\s\S]*READY=1/);
    running.signal('SIGTERM');
    await running.ended;
    await expect.poll(messages, { timeout: PATIENCE_MS }).toContain('STOPPING=1');
  });

  it('a systemd that cannot be told is said once, and the site serves', async () => {
    const running = await serve(site(), {
      env: { NOTIFY_SOCKET: '/no/such/socket', WATCHDOG_USEC: '200000' },
    });
    await expect.poll(running.stderr, { timeout: PATIENCE_MS }).toContain('systemd-notify failed');
    expect((await get(running.httpsPort, '/')).status).toBe(200);
    expect(running.stderr().match(/systemd-notify failed/g)).toHaveLength(1);
  });
});
