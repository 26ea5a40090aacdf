// The machine card: what a figure was measured on, without which it is worth nothing to anybody else.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { promisify } from 'node:util';
import type { Machine } from '../format/result.ts';

const run = promisify(execFile);

/** Each prints its version in its own way; the first thing that looks like one is taken. */
const PROGRAMS: Readonly<Record<string, readonly [command: string, ...args: string[]]>> = {
  nginx: ['nginx', '-v'],
  haproxy: ['haproxy', '-v'],
  caddy: ['caddy', 'version'],
  nft: ['nft', '--version'],
  conntrack: ['conntrack', '--version'],
  systemd: ['journalctl', '--version'],
  wrk: ['wrk', '-v'],
};

export async function machineCard(): Promise<Machine> {
  const versions = await Promise.all(
    Object.entries(PROGRAMS).map(async ([name, argv]) => [name, await versionOf(argv)] as const),
  );
  return {
    kernel: `${type()} ${release()}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    node: process.version,
    openssl: process.versions.openssl,
    versions: Object.fromEntries(versions.flatMap(([name, text]) => (text === null ? [] : [[name, text]]))),
    virtualised: hypervisor(),
  };
}

async function versionOf([command, ...args]: readonly [string, ...string[]]): Promise<string | null> {
  try {
    const { stdout, stderr } = await run(command, args);
    return firstVersion(stdout + stderr);
  } catch (error) {
    // Absent, or (wrk) it prints its version and ends with a failure.
    return error instanceof Error && 'stdout' in error ? firstVersion(String(error.stdout)) : null;
  }
}

const firstVersion = (text: string): string | null => /\d+(?:\.\d+)+/.exec(text)?.[0] ?? null;

function hypervisor(): string | null {
  try {
    if (!/^flags\s*:.*\bhypervisor\b/m.test(readFileSync('/proc/cpuinfo', 'utf8'))) return null;
    const vendor = readFileSync('/sys/class/dmi/id/sys_vendor', 'utf8').trim();
    return vendor === '' ? 'yes' : vendor;
  } catch {
    // No such file: not Linux, or a guest without DMI tables.
    return process.platform === 'linux' ? 'yes' : null;
  }
}
