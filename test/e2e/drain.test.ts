// The end of a process: what is under way may finish, nothing new begins, and who insists gets an end at once.
import { readFileSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { askAdmin, requestsUnderWay } from '../support/admin.ts';
import { get } from '../support/client.ts';
import { config, launch, PATIENCE_MS, run, serve, site, type Running } from '../support/tollgate.ts';

/** Waits until the process has the request, so that what follows really meets it under way. */
async function underWay(running: Running, path: string): Promise<{ answer: ReturnType<typeof get> }> {
  const answer = get(running.httpsPort, path);
  // Looked at only later, when it may have failed already.
  answer.catch(() => {});
  await expect.poll(() => requestsUnderWay(running.directory), { timeout: PATIENCE_MS }).toBe(1);
  return { answer };
}

const admin = async (directory: string, path: string): Promise<number | undefined> =>
  (await askAdmin(directory, path)).status;

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  it('lets an answer under way finish, then exits 0', async () => {
    const running = await serve(site());
    const { answer } = await underWay(running, '/slow?ms=4000');
    running.signal(signal);
    await expect.poll(running.events).toContainEqual(expect.objectContaining({ signal }));
    expect(await answer).toMatchObject({ status: 200, body: 'slow but whole' });
    expect(await running.ended).toEqual({ code: 0, signal: null });
    expect(running.stdout()).toContain('"path":"/slow?ms=4000"');
  });

  it('a second time ends at once', async () => {
    const running = await serve(site());
    const { answer } = await underWay(running, '/slow?ms=60000');
    running.signal(signal);
    await expect.poll(running.events).toContainEqual(expect.objectContaining({ signal }));
    running.signal(signal);
    await expect(answer).rejects.toThrow(/hang up|ECONNRESET/);
    expect(await running.ended).toEqual({ code: 1, signal: null });
  });
});

describe('TERM while an app does not get ready', () => {
  const HANGING =
    'process.stderr.write("imported\\n"); await new Promise(() => setInterval(() => {}, 1000));';

  it.each(['1', '2'])('in the start: ends at once, and nothing has failed (workers: %s)', async (workers) => {
    const starting = launch(site({ 'app.mjs': HANGING }), { args: ['--workers', workers] });
    await expect.poll(starting.stderr, { timeout: PATIENCE_MS }).toContain('imported\n');
    starting.signal('SIGTERM');
    expect(await starting.ended).toEqual({ code: 0, signal: null });
    expect(starting.events()).toContainEqual(expect.objectContaining({ msg: 'ending before it served' }));
  });

  it('in a reload: drains all the same', async () => {
    const running = await serve(site());
    writeFileSync(join(running.directory, 'hanging.mjs'), HANGING);
    const file = join(running.directory, 'tollgate.yaml');
    writeFileSync(file, config().replace('./app.mjs', './hanging.mjs'));
    running.signal('SIGHUP');
    await expect.poll(running.stderr, { timeout: PATIENCE_MS }).toContain('imported\n');
    running.signal('SIGTERM');
    expect(await running.ended).toEqual({ code: 0, signal: null });
    expect(running.events()).not.toContainEqual(
      expect.objectContaining({ msg: 'connections are still open after the drain time' }),
    );
  });
});

describe('kill -9', () => {
  it('leaves an admin socket that the next start takes over, and a file that is no socket alone', async () => {
    const directory = site();
    const killed = await serve(directory);
    killed.signal('SIGKILL');
    await killed.ended;
    const next = await serve(directory);
    expect(await admin(directory, '/readyz')).toBe(200);
    next.signal('SIGTERM');
    await next.ended;

    writeFileSync(join(directory, 'admin.sock'), 'something precious');
    const { code, stderr } = await run(directory, ['serve']);
    expect(code).toBe(1);
    expect(stderr).toContain('admin.sock is in use');
    expect(readFileSync(join(directory, 'admin.sock'), 'utf8')).toBe('something precious');
  });
});

describe('a draining process', () => {
  it('is alive but not ready, and takes no new connection', async () => {
    const running = await serve(site());
    expect(await admin(running.directory, '/readyz')).toBe(200);
    const { answer } = await underWay(running, '/slow?ms=5000');
    running.signal('SIGTERM');
    await expect.poll(() => admin(running.directory, '/readyz')).toBe(503);
    expect(await admin(running.directory, '/healthz')).toBe(200);
    await expect(get(running.httpsPort, '/')).rejects.toThrow('ECONNREFUSED');
    expect((await answer).status).toBe(200);
  });

  it('a client that never ends is cut after drainMs, and the exit code is 0', async () => {
    const directory = site();
    const running = await serve(directory, { args: ['-c', shortDrain(directory)] });
    const { answer } = await underWay(running, '/slow?ms=600000');
    running.signal('SIGTERM');
    await expect(answer).rejects.toThrow();
    expect(await running.ended).toEqual({ code: 0, signal: null });
  });

  it('an idle connection does not hold it up', async () => {
    const running = await serve(site());
    const agent = new Agent({ keepAlive: true });
    await get(running.httpsPort, '/', { agent });
    await sleep(50);
    running.signal('SIGTERM');
    expect(await running.ended).toEqual({ code: 0, signal: null });
    agent.destroy();
  });
});

/** A configuration that cuts what is left after a third of a second. */
function shortDrain(directory: string): string {
  const path = join(directory, 'short.yaml');
  writeFileSync(path, config(['timeouts: { drain: 300ms }']));
  return path;
}
