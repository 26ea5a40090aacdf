// However a run ends, nothing of it stays: no process, no namespace, no file.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { noLab } from './staging.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');

function startBench(...args: string[]): {
  pid: number;
  exited: Promise<readonly unknown[]>;
  kill: (signal: NodeJS.Signals) => void;
} {
  const out = mkdtempSync(join(tmpdir(), 'tollgate-bench-test-'));
  const child = spawn(process.execPath, ['--conditions=@tollgate/source', MAIN, ...args, '--out', out], {
    stdio: 'ignore',
  });
  const exited = once(child, 'exit');
  onTestFinished(() => {
    child.kill('SIGKILL');
    rmSync(out, { recursive: true, force: true });
  });
  return { pid: child.pid ?? 0, exited, kill: (signal) => void child.kill(signal) };
}

/** Every process that carries the run's mark, which each child inherits. */
function processesOf(owner: number): readonly string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name) || Number(name) === owner) return false;
    try {
      return readFileSync(`/proc/${name}/environ`, 'utf8').includes(`TOLLGATE_LAB=tollgate-lab-${owner}-`);
    } catch {
      // Ended while we looked.
      return false;
    }
  });
}

const directoriesOf = (owner: number): readonly string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith(`tollgate-lab-${owner}-`));

async function until(isTrue: () => boolean): Promise<void> {
  for (let waitedMs = 0; !isTrue(); waitedMs += 50) {
    if (waitedMs > 60_000) throw new Error('waited 60 s in vain');
    await delay(50);
  }
}

/** Two subjects under load, each by a generator in namespaces of its own. */
const atWork = (owner: number): boolean => processesOf(owner).filter(isGenerator).length >= 2;

function isGenerator(pid: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('load/main.ts');
  } catch {
    // Ended while we looked.
    return false;
  }
}

describe.skipIf(noLab !== false)('a run that is cut short', () => {
  it('leaves nothing after Ctrl-C', async () => {
    const bench = startBench('calibration', '--quick');
    await until(() => atWork(bench.pid));
    bench.kill('SIGINT');
    expect(await bench.exited).toEqual([130, null]);
    expect(processesOf(bench.pid)).toEqual([]);
    expect(directoriesOf(bench.pid)).toEqual([]);
  });

  it('leaves no process after kill -9, and its files go with the next start', async () => {
    const killed = startBench('calibration', '--quick');
    await until(() => atWork(killed.pid));
    killed.kill('SIGKILL');
    await killed.exited;
    await until(() => processesOf(killed.pid).length === 0);
    expect(directoriesOf(killed.pid).length).toBe(1);

    const next = startBench('load', await smallSite(), '--seconds', '1', '--connections', '2');
    expect(await next.exited).toEqual([0, null]);
    expect(directoriesOf(killed.pid)).toEqual([]);
    expect(directoriesOf(next.pid)).toEqual([]);
  });
});

async function smallSite(): Promise<string> {
  const server = createServer((_request, response) => response.end('ok\n')).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}/`;
}
