// A whole machine for a test: systemd as process 1 in namespaces of its own, over this machine's files; nothing it does reaches outside.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';

const BOOT = join(import.meta.dirname, 'boot-machine.sh');
const PATIENCE_MS = 60_000;

export interface Outcome {
  readonly status: number | null;
  /** Both outputs, in the order of writing. */
  readonly output: string;
}

export interface Machine {
  /** By sh, as root at the keyboard. */
  run(script: string): Outcome;
  /** Starts a program there and leaves it running. */
  start(command: readonly string[]): ChildProcess;
  /** Files that were made or changed since the machine was made, and are there. */
  written(): readonly string[];
  stop(): void;
}

/** Where control groups of version 2 are, beside those of version 1 or alone. */
const groups = /^\S+ (\S+) cgroup2 rw/m.exec(readFileSync('/proc/self/mounts', 'utf8'))?.[1];

export const missingForMachine: string | undefined = (() => {
  if (process.getuid?.() !== 0) return 'needs root';
  if (groups === undefined) return 'needs cgroup2, mounted and writable';
  return spawnSync('/lib/systemd/systemd', ['--version']).status === 0 ? undefined : 'needs systemd';
})();

/** Resolves when systemd says that it runs. The caller stops it. */
export async function bootMachine(): Promise<Machine> {
  const directory = mkdtempSync(join(tmpdir(), 'tollgate-machine-'));
  const group = join(groups ?? '', `tollgate-machine-${process.pid}`);
  mkdirSync(group);
  const script = 'echo $$ > "$0/cgroup.procs" && exec unshare -m -p -f -C -u -i -n sh "$1" "$2"';
  const unshare = spawn('sh', ['-c', script, group, BOOT, directory], { stdio: 'inherit' });
  const machine = machineIn(unshare, () => {
    writeFileSync(join(group, 'cgroup.kill'), '1');
    removeGroups(group);
    rmSync(directory, { recursive: true, force: true });
  });
  try {
    await vi.waitFor(
      () => {
        const { output } = machine.run('systemctl is-system-running');
        if (!/running|degraded/.test(output)) throw new Error(`the machine is not up: ${output}`);
      },
      { timeout: PATIENCE_MS, interval: 100 },
    );
    return machine;
  } catch (error) {
    machine.stop();
    throw error;
  }
}

function machineIn({ pid = 0 }: ChildProcess, stop: () => void): Machine {
  let init = 0;
  /** unshare waits for its child, which is the machine's process 1. */
  const enter = (): readonly string[] => {
    if (init === 0) init = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());
    return [
      '-t',
      String(init),
      '-a',
      'env',
      '-i',
      'HOME=/root',
      'PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    ];
  };
  const run = (script: string): Outcome => {
    const { status, stdout } = spawnSync('nsenter', [...enter(), 'sh', '-c', `exec 2>&1; ${script}`], {
      encoding: 'utf8',
      timeout: 170_000,
    });
    return { status, output: stdout };
  };
  return {
    run,
    start: (command) => spawn('nsenter', [...enter(), ...command], { stdio: ['pipe', 'pipe', 'inherit'] }),
    written: () =>
      run('cd /mnt/upper && find . -not -type d -not -type c | sort').output.split('\n').filter(Boolean),
    stop,
  };
}

/** A group goes when its last process has; the innermost first. */
function removeGroups(group: string): void {
  for (const end = Date.now() + 10_000; Date.now() < end;) {
    spawnSync('find', [group, '-depth', '-mindepth', '1', '-type', 'd', '-exec', 'rmdir', '{}', '+']);
    try {
      rmdirSync(group);
      return;
    } catch {
      // Some process is still on its way out.
    }
  }
}
