// The generator as a child process: what it says while it runs, and that it ends when it should.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runLoad, startGenerator } from '../../src/load/run.ts';
import type { LoadBucket } from '../../src/load/spec.ts';
import { faultyServer } from '../support/faulty-server.ts';
import { loadSpec } from '../support/load-spec.ts';

describe('runLoad', () => {
  it('tells phases and slices as they come, and the report holds the same slices', async () => {
    const server = await faultyServer();
    const phases: string[] = [];
    const buckets: LoadBucket[] = [];
    const seconds: LoadBucket[] = [];
    const report = await runLoad(loadSpec(server.port, { warmupMs: 100, durationMs: 1200 }), {
      onPhase: (phase) => phases.push(phase),
      onBucket: (bucket) => buckets.push(bucket),
      onSecond: (second) => seconds.push(second),
    });
    expect(phases).toEqual(['warmup', 'measuring', 'draining']);
    expect(buckets).toEqual(report.buckets);
    expect(seconds).toEqual(report.seconds);
    expect(report.buckets.slice(0, 12).map((bucket) => bucket.atMs)).toEqual(
      Array.from({ length: 12 }, (_, index) => index * 100),
    );
    expect(report.cpuMicros).toBeGreaterThan(0);
  });

  it.skipIf(process.platform !== 'linux')('stays on the core it is given (skipped off Linux)', async () => {
    const server = await faultyServer();
    let pid = 0;
    let allowed = '';
    await runLoad(loadSpec(server.port), {
      cpu: 0,
      onStart: (child) => (pid = child),
      onPhase: (phase) => {
        if (phase === 'measuring') allowed = readFileSync(`/proc/${pid}/status`, 'latin1');
      },
    });
    expect(allowed).toMatch(/^Cpus_allowed_list:\t0$/m);
  });

  it('tells how long it was held up itself', async () => {
    const server = await faultyServer();
    let pid = 0;
    const running = runLoad(loadSpec(server.port, { durationMs: 1500 }), {
      onStart: (child) => (pid = child),
      onPhase: (phase) => {
        if (phase !== 'measuring') return;
        process.kill(pid, 'SIGSTOP');
        setTimeout(() => process.kill(pid, 'SIGCONT'), 700);
      },
    });
    expect((await running).stalledMs).toBeGreaterThan(400);
  });

  it('ends early when aborted, with a report of what was measured', async () => {
    const server = await faultyServer();
    const stop = new AbortController();
    const report = await runLoad(loadSpec(server.port, { durationMs: 60_000 }), {
      signal: stop.signal,
      onBucket: ({ atMs }) => atMs >= 200 && stop.abort(),
    });
    expect(report.durationMs).toBeLessThan(30_000);
    expect(report.good).toBe(server.good);
  });

  it('lists every mistake of a spec', async () => {
    const wrong = { ...loadSpec(0), mode: 'sometimes' };
    await expect(runLoad(JSON.parse(JSON.stringify(wrong)))).rejects.toThrow(
      /spec\.port: expected a whole number from 1 to 65535, got 0\nspec\.mode: expected "new" or "resumed"/,
    );
  });

  it('says when the host has no address', async () => {
    await expect(runLoad(loadSpec(80, { host: 'no-such-host.invalid' }))).rejects.toThrow(
      /no-such-host\.invalid/,
    );
  });

  it('backs off from a refused connection instead of spinning, and books every attempt', async () => {
    const report = await runLoad(loadSpec(await closedPort(), { mode: 'new', durationMs: 1000 }));
    expect(report.attempts).toBe(report.errors.refused);
    // Eight connections at pauses of 10, 20, 40 … ms start seven or eight times within the second.
    expect(report.attempts).toBeGreaterThanOrEqual(8);
    expect(report.attempts).toBeLessThanOrEqual(8 * 8);
  });

  it('ends when its parent is gone, even by kill -9', async () => {
    const server = await faultyServer();
    const main = join(import.meta.dirname, '../../src/load/main.ts');
    const spec = JSON.stringify(loadSpec(server.port, { durationMs: 60_000 }));
    // The parent hands the generator a pipe that closes with it, prints its pid, and dies by its own hand.
    const parent = spawn(process.execPath, ['-e', PARENT, main, spec], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(parent.stdout, 'data');
    const pid = Number(String(line));
    onTestFinished(() => {
      if (isRunning(pid)) process.kill(pid, 'SIGKILL');
    });
    await expect.poll(() => isRunning(pid), { timeout: 20_000 }).toBe(false);
  });
});

const PARENT = `
const { spawn } = require('node:child_process');
const child = spawn(process.execPath, [process.argv[1]], { stdio: ['pipe', 'ignore', 'inherit'] });
child.stdin.write(process.argv[2] + '\\n');
setTimeout(() => process.stdout.write(String(child.pid), () => process.kill(process.pid, 'SIGKILL')), 500);
`;

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A process that has ended but has not been waited for (state Z) does nothing any more. */
function isRunning(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false; // ENOENT: it is gone
  }
}

describe('a generator that lives', () => {
  it('finds its connections open when the next load has the same target, and counts them once', async () => {
    const server = await faultyServer();
    const generator = startGenerator();
    onTestFinished(() => generator.close());
    const spec = loadSpec(server.port, { keepOpen: true });
    const first = await generator.run(spec);
    const second = await generator.run({ ...spec, durationMs: 100, warmupMs: 20 });
    expect([first.connectionsOpened, second.connectionsOpened]).toEqual([8, 0]);
    expect(second.good).toBeGreaterThan(0);
    const last = await generator.run({ ...spec, keepOpen: false, connections: 2 });
    expect(last.connectionsOpened).toBe(2);
  });
});
