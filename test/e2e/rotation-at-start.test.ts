// A log rotation that comes while the service starts: its signal neither kills it nor opens Node's inspector, through which
// every user of the machine could read the TLS keys.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { get } from '../support/client.ts';
import { config, PATIENCE_MS, serve, site, type Running } from '../support/tollgate.ts';

/** The start as it is, but slow in the shell, which asks `uname`. */
function slowShell(directory: string): NodeJS.ProcessEnv['PATH'] {
  mkdirSync(join(directory, 'slow'));
  const uname = join(directory, 'slow/uname');
  writeFileSync(
    uname,
    `#!/bin/sh\n: >'${directory}/in-shell'\nsleep 0.3\nPATH=\${PATH#*:} exec uname "$@"\n`,
  );
  chmodSync(uname, 0o755);
  return `${join(directory, 'slow')}:${process.env['PATH']}`;
}

/** USR1 again and again, from the shell's first steps until it serves. */
function serveUnderRotation(directory: string, args: readonly string[]): Promise<Running> {
  const rotating = setInterval(() => {
    if (existsSync(join(directory, 'in-shell'))) rotate(Number(readFileSync(join(directory, 'pid'), 'utf8')));
  }, 5);
  const started = serve(directory, {
    args,
    env: { PATH: slowShell(directory) ?? '' },
    wrap: (command) => ['sh', '-c', 'echo $$ >pid; exec "$@"', 'sh', ...command],
  });
  return started.finally(() => clearInterval(rotating));
}

function rotate(pid: number): void {
  try {
    process.kill(pid, 'SIGUSR1');
  } catch {
    // Killed by the one before: the start fails, and says so.
  }
}

/** Ports of TCP on which the process listens. */
function listeningPorts(pid: number): readonly number[] {
  const own = new Set(readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`)));
  return ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === '0A' && own.has(`socket:[${fields[9]}]`))
      .map((fields) => Number.parseInt(fields[1]?.split(':')[1] ?? '', 16)),
  );
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // Closed since it was listed.
    return '';
  }
}

describe.each(['1', '2'])('USR1 while it starts (workers: %s)', (workers) => {
  it('neither ends it nor opens the inspector; after the start it opens log files anew', async () => {
    const directory = site({ 'tollgate.yaml': config(['requestLog: { to: ./access.log }']) });
    const running = await serveUnderRotation(directory, ['--workers', workers]);
    expect(running.stderr()).not.toContain('Debugger listening');
    const ports = workers === '1' ? [running.httpPort, running.httpsPort] : [];
    expect(new Set(listeningPorts(running.pid))).toEqual(new Set(ports));
    expect((await get(running.httpsPort, '/')).status).toBe(200);
    const file = join(directory, 'access.log');
    renameSync(file, `${file}.1`);
    running.signal('SIGUSR1');
    await expect.poll(() => existsSync(file), { timeout: PATIENCE_MS }).toBe(true);
  });
});
