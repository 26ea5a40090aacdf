// The request log seen from outside, and what the site does when nobody takes its lines.
import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { statusOf } from '../support/admin.ts';
import { get, startLoad } from '../support/client.ts';
import { config, PATIENCE_MS, serve, site, type Running } from '../support/tollgate.ts';

async function counters({ directory }: Running): Promise<object & { readonly dropped: number }> {
  const [first] = (await statusOf(directory)).processes;
  if (first?.report === undefined) throw new Error('expected a report, got none');
  return first.report.requestLog;
}

/** Long paths fill a pipe and the log's bound sooner. */
const LONG = `/?${'x'.repeat(3000)}`;

describe('REQUEST_LOG', () => {
  it('on: one line per request, with what one looks for', async () => {
    const running = await serve(site(), { env: { REQUEST_LOG: 'on' } });
    await get(running.httpsPort, '/?a=b', {
      headers: { 'user-agent': 'test "quoted"\\', referer: 'https://x/' },
    });
    await get(running.httpsPort, '/missing');
    await expect.poll(() => running.stdout().split('\n').length).toBe(3);
    const [first = '', second = ''] = running.stdout().split('\n');
    expect(JSON.parse(first)).toMatchObject({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      client: '127.0.0.1',
      method: 'GET',
      scheme: 'https',
      path: '/?a=b',
      protocol: 'HTTP/1.1',
      status: 200,
      bytesOut: 5,
      tlsVersion: 'TLSv1.3',
      requestId: expect.stringMatching(/./),
      userAgent: 'test "quoted"\\',
      referer: 'https://x/',
    });
    expect(JSON.parse(second)).toMatchObject({ path: '/missing', status: 404 });
  });

  it('off: no line, and nothing counted', async () => {
    const running = await serve(site(), { env: { REQUEST_LOG: 'off' } });
    await get(running.httpsPort, '/');
    await get(running.httpsPort, '/missing');
    expect(await counters(running)).toMatchObject({ mode: 'off', written: 0, dropped: 0 });
    running.signal('SIGTERM');
    await running.ended;
    expect(running.stdout()).toBe('');
  });

  it('errors: only what failed', async () => {
    const running = await serve(site(), { env: { REQUEST_LOG: 'errors' } });
    await get(running.httpsPort, '/');
    await get(running.httpsPort, '/missing');
    running.signal('SIGTERM');
    await running.ended;
    expect(running.stdout().match(/"status":\d+/g)).toEqual(['"status":404']);
  });

  it('a client that leaves before it is answered has the status 499', async () => {
    const running = await serve(site());
    await get(running.httpsPort, '/slow?ms=20000', { signal: AbortSignal.timeout(500) }).catch(() => {
      // It left: that is the test.
    });
    await expect.poll(running.stdout).toContain('"status":499');
  });

  it('lines of the last moment are written before the process ends', async () => {
    const running = await serve(site());
    await get(running.httpsPort, '/last');
    running.signal('SIGTERM');
    await running.ended;
    expect(running.stdout()).toContain('"path":"/last"');
  });
});

describe('a destination that takes nothing', () => {
  it('a blocked stdout: the site goes on, and status tells how many lines are lost', async () => {
    const blocked = (command: readonly string[]): string[] => [
      'sh',
      '-c',
      '"$@" | sleep 1000',
      'sh',
      ...command,
    ];
    const running = await serve(site(), { wrap: blocked });
    const load = startLoad(running.httpsPort, { clients: 8, mode: 'keepalive', path: LONG });
    await expect
      .poll(async () => (await counters(running)).dropped, { timeout: PATIENCE_MS, interval: 500 })
      .toBeGreaterThan(0);
    const good = load.good();
    await expect.poll(load.good).toBeGreaterThan(good + 50);
    await load.stop();
    expect(load.failures).toEqual([]);
    await expect.poll(running.stderr).toContain('request log cannot be written');
  });

  it('stdout on a full disk: the same, and it can still be stopped', async () => {
    const full = (command: readonly string[]): string[] => [
      'sh',
      '-c',
      'exec "$@" >/dev/full',
      'sh',
      ...command,
    ];
    const running = await serve(site(), { wrap: full });
    const load = startLoad(running.httpsPort, { clients: 4, mode: 'keepalive' });
    await expect.poll(load.good, { timeout: PATIENCE_MS }).toBeGreaterThan(200);
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(await counters(running)).toMatchObject({ written: 0, failedWrites: expect.any(Number) });
    running.signal('SIGTERM');
    expect(await running.ended).toEqual({ code: 0, signal: null });
    const lost = running.events().filter(({ msg }) => msg === 'request log cannot be written');
    expect(lost.at(-1)).toMatchObject({ cause: 'ENOSPC', lostInAll: load.good() });
  });
});

describe('USR1', () => {
  it('opens the file anew after logrotate moved it, and no line is lost', async () => {
    const directory = site({
      'tollgate.yaml': config(['requestLog: { to: ./access.log, format: combined }']),
    });
    const running = await serve(directory);
    const file = join(directory, 'access.log');
    const load = startLoad(running.httpsPort, { clients: 4, mode: 'keepalive' });
    await expect.poll(load.good, { timeout: PATIENCE_MS }).toBeGreaterThan(50);
    renameSync(file, `${file}.1`);
    running.signal('SIGUSR1');
    await expect.poll(() => linesIn(file), { timeout: PATIENCE_MS }).toBeGreaterThan(0);
    await load.stop();
    running.signal('SIGTERM');
    await running.ended;
    expect(running.events()).toContainEqual(expect.objectContaining({ msg: 'logs reopened' }));
    expect(linesIn(file) + linesIn(`${file}.1`)).toBe(load.good());
  });
});

function linesIn(path: string): number {
  try {
    return readFileSync(path, 'utf8').split('\n').length - 1;
  } catch {
    // Not created yet.
    return 0;
  }
}
