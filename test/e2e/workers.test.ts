// Several workers on one port: what one of them suffers, the others do not.
import { connect, type TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { requestsUnderWay, statusOf, type ProcessView } from '../support/admin.ts';
import { get, startLoad } from '../support/client.ts';
import { PATIENCE_MS, run, serve, site, type Running } from '../support/tollgate.ts';

const workersOf = async ({ directory }: Running): Promise<readonly ProcessView[]> =>
  (await statusOf(directory)).processes;

/** Never 0, which would be our own group. */
function pidOf(worker: ProcessView | undefined): number {
  if (worker === undefined || worker.pid === 0) throw new Error('expected a worker that runs, got none');
  return worker.pid;
}

const startTwo = (): Promise<Running> => serve(site(), { args: ['--workers', '2', '--request-log', 'off'] });

/** New connections land on either worker by the kernel's hash of their ports. */
async function pidsServing({ httpsPort }: Running, connections = 40): Promise<Set<number>> {
  const pids = new Set<number>();
  for (let count = 0; count < connections; count += 1) pids.add(Number((await get(httpsPort, '/pid')).body));
  return pids;
}

describe('two workers', () => {
  it('both serve the port that the kernel chose, under one supervisor', async () => {
    const running = await startTwo();
    const workers = await workersOf(running);
    expect(workers).toMatchObject([
      { worker: 1, restarts: 0 },
      { worker: 2, restarts: 0 },
    ]);
    expect(await pidsServing(running)).toEqual(new Set(workers.map(({ pid }) => pid)));
    expect(workers.map(({ pid }) => pid)).not.toContain(running.pid);
  });

  it('one killed under load: only its own connections fail, and it is replaced', async () => {
    const running = await startTwo();
    const load = startLoad(running.httpsPort, { clients: 16, mode: 'keepalive', path: '/pid' });
    await expect.poll(load.good, { timeout: PATIENCE_MS }).toBeGreaterThan(100);
    const [victim] = await workersOf(running);
    process.kill(pidOf(victim), 'SIGKILL');
    await expect
      .poll(() => workersOf(running), { timeout: PATIENCE_MS, interval: 300 })
      .toMatchObject([
        { worker: 1, restarts: 1, report: {} },
        { worker: 2, restarts: 0 },
      ]);
    const good = load.good();
    await expect.poll(load.good, { timeout: PATIENCE_MS }).toBeGreaterThan(good + 100);
    await load.stop();
    // Each client had one connection: it can lose at most that one, and one more that was in the victim's queue.
    expect(load.failures.length).toBeLessThanOrEqual(32);
    expect(load.failures.filter((failure) => !/ECONNRESET|hang up|ECONNREFUSED/.test(failure))).toEqual([]);
    const workers = await workersOf(running);
    expect(await pidsServing(running)).toEqual(new Set(workers.map(({ pid }) => pid)));
    expect(running.events()).toContainEqual(
      expect.objectContaining({ msg: 'worker died, replacing it', worker: 1, why: 'SIGKILL' }),
    );
  });

  it('end together on TERM, after the answer under way on one of them', async () => {
    const running = await startTwo();
    const workers = await workersOf(running);
    const answer = get(running.httpsPort, '/slow?ms=5000');
    await expect.poll(() => requestsUnderWay(running.directory), { timeout: PATIENCE_MS }).toBe(1);
    running.signal('SIGTERM');
    expect(await answer).toMatchObject({ status: 200, body: 'slow but whole' });
    expect(await running.ended).toEqual({ code: 0, signal: null });
    expect(workers.filter(({ pid }) => isAlive(pid))).toEqual([]);
  });

  it('do not mind the signals of a Ctrl-C, which every process of the group gets', async () => {
    const running = await startTwo();
    const answer = get(running.httpsPort, '/slow?ms=5000');
    await expect.poll(() => requestsUnderWay(running.directory), { timeout: PATIENCE_MS }).toBe(1);
    process.kill(-running.pid, 'SIGINT');
    expect((await answer).status).toBe(200);
    expect((await running.ended).code).toBe(0);
  });

  it('one that hangs is told in the status, and replaced in the end', async () => {
    const running = await startTwo();
    const [hanging] = await workersOf(running);
    process.kill(pidOf(hanging), 'SIGSTOP');
    const [first, second] = await workersOf(running);
    expect(first?.report).toBeUndefined();
    expect(second?.report).toBeDefined();
    await expect
      .poll(() => workersOf(running), { timeout: 100_000, interval: 2000 })
      .toMatchObject([{ restarts: 1, report: {} }, { restarts: 0 }]);
    expect(running.events()).toContainEqual(
      expect.objectContaining({ msg: 'worker hangs, killing it', pid: pidOf(hanging) }),
    );
  }, 120_000);

  it('a worker that keeps dying is replaced ever later, while the other serves', async () => {
    const running = await startTwo();
    for (let death = 1; death <= 4; death += 1) {
      const [victim] = await workersOf(running);
      process.kill(pidOf(victim), 'SIGKILL');
      await expect
        .poll(() => workersOf(running), { timeout: PATIENCE_MS, interval: 200 })
        .toMatchObject([{ restarts: death, report: {} }, { restarts: 0 }]);
    }
    const delays = running.events().flatMap(({ delayMs }) => (typeof delayMs === 'number' ? [delayMs] : []));
    expect(delays).toEqual([0, 100, 200, 400]);
  }, 120_000);

  it('end by themselves when the supervisor is killed', async () => {
    const running = await startTwo();
    const workers = await workersOf(running);
    running.signal('SIGKILL');
    await expect.poll(() => workers.filter(({ pid }) => isAlive(pid)), { timeout: PATIENCE_MS }).toEqual([]);
  });

  it('follow a reload together', async () => {
    const running = await startTwo();
    expect(await run(running.directory, ['reload'])).toMatchObject({ code: 0 });
    expect((await pidsServing(running)).size).toBe(2);
  });

  it('that cannot start end the start, with the reason', async () => {
    const directory = site({ 'app.mjs': 'export default async () => { throw new Error("no database"); };' });
    const { code, stderr } = await run(directory, ['serve', '--workers', '2']);
    expect(code).toBe(1);
    expect(stderr).toContain('no database');
  });

  it('cannot share a unix socket, and say so', async () => {
    const { code, stderr } = await run(site(), [
      'serve',
      '--workers',
      '2',
      '--https-port',
      'unix:/tmp/x.sock',
    ]);
    expect([1, 78]).toContain(code);
    expect(stderr).toMatch(/unix/);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    // ESRCH: gone.
    return false;
  }
}

interface Visit {
  readonly pid: number;
  readonly resumed: boolean;
  readonly session: Buffer | undefined;
}

/** One request on a new connection, with the session of a former one. */
function visit(port: number, session?: Buffer): Promise<Visit> {
  return new Promise((resolve, reject) => {
    let ticket: Buffer | undefined;
    let text = '';
    const options = { host: '127.0.0.1', port, rejectUnauthorized: false, servername: 'localhost' };
    const socket: TLSSocket = connect({ ...options, ...(session === undefined ? {} : { session }) }, () => {
      socket.write('GET /pid HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    });
    onTestFinished(() => void socket.destroy());
    socket.on('session', (next) => {
      ticket = next;
    });
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
    socket.on('error', reject);
    socket.on('end', () => {
      const pid = Number(/\r\n\r\n(\d+)/.exec(text)?.[1] ?? 0);
      resolve({ pid, resumed: socket.isSessionReused(), session: ticket });
    });
  });
}

describe('TLS sessions', () => {
  it('resume on whichever worker they land', async () => {
    const { httpsPort } = await startTwo();
    const first = await visit(httpsPort);
    expect(first.resumed).toBe(false);
    const visits: Visit[] = [];
    for (let count = 0; count < 40; count += 1) visits.push(await visit(httpsPort, first.session));
    expect(visits.every(({ resumed }) => resumed)).toBe(true);
    expect(new Set(visits.map(({ pid }) => pid)).size).toBe(2);
  });

  it('resume after a reload, and on a worker that was replaced', async () => {
    const running = await startTwo();
    const first = await visit(running.httpsPort);
    expect((await run(running.directory, ['reload'])).code).toBe(0);
    process.kill(pidOf((await workersOf(running)).find(({ pid }) => pid === first.pid)), 'SIGKILL');
    await expect
      .poll(async () => (await workersOf(running)).filter(({ report }) => report !== undefined).length, {
        timeout: PATIENCE_MS,
        interval: 300,
      })
      .toBe(2);
    const visits: Visit[] = [];
    for (let count = 0; count < 20; count += 1) visits.push(await visit(running.httpsPort, first.session));
    expect(visits.every(({ resumed }) => resumed)).toBe(true);
    expect(new Set(visits.map(({ pid }) => pid)).size).toBe(2);
  });
});
