// Who answers on a port of this machine, found by the socket's inode, and its journald: so that a load test of a local site can show their CPU.
import { readdirSync, readlinkSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { findProcesses, LIVE, readListening } from '@tollgate/host';

export const isLocal = (address: string): boolean =>
  address.startsWith('127.') ||
  address === '::1' ||
  Object.values(networkInterfaces()).some((list) => list?.some((own) => own.address === address));

/** `undefined`: nobody, or a process of another user's that only root may look into. */
export function findListener(port: number): number | undefined {
  const listening = readListening(LIVE);
  const inode = listening.ok ? listening.value.find((socket) => socket.port === port)?.inode : undefined;
  if (inode === undefined) return undefined;
  const pid = readdirSync('/proc').find((name) => /^\d+$/.test(name) && holds(name, `socket:[${inode}]`));
  return pid === undefined ? undefined : Number(pid);
}

/** journald of this network namespace: not the one of somebody's laboratory. */
export function findJournal(): number | undefined {
  const found = findProcesses(LIVE, 'systemd-journald');
  const own = linkOf('/proc/self/ns/net');
  return found.ok ? found.value.find((pid) => linkOf(`/proc/${pid}/ns/net`) === own) : undefined;
}

function holds(pid: string, link: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => linkOf(`/proc/${pid}/fd/${fd}`) === link);
  } catch {
    // Ended, or not ours to look into.
    return false;
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // Closed between the listing and the look.
    return '';
  }
}
