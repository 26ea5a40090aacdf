// The backend as `npm run backend` starts it: a process of its own.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { PATIENCE_MS } from './tollgate.ts';

const MAIN = join(import.meta.dirname, '../../packages/backend/src/main.ts');

export interface BackendProcess {
  readonly pid: number;
  /** As the configuration of an upstream names it. */
  readonly server: string;
}

/** Plain http, on a port of the kernel's choice or at the path of `UNIX_SOCKET`; ended with the test. */
export async function startBackend(env: Readonly<Record<string, string>> = {}): Promise<BackendProcess> {
  const child = spawn(process.execPath, ['--conditions=@tollgate/source', MAIN], {
    env: { TLS: 'off', PORT: '0', REQUEST_LOG: 'off', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const url = await vi.waitFor(
    () => {
      const answering = /answering on (\S+)/.exec(said)?.[1];
      if (answering === undefined) throw new Error(`expected the backend to answer, got ${said}`);
      return answering;
    },
    { timeout: PATIENCE_MS, interval: 50 },
  );
  return { pid: child.pid ?? 0, server: url };
}
