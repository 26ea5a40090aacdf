// The sysctl values that decide how many connections a server can hold; of the reader's network namespace.
import { type HostRoot, readInteger, type Reading, readWith } from './reading.ts';

export interface PortRange {
  readonly low: number;
  readonly high: number;
}

export const readPortRange = (root: HostRoot): Reading<PortRange> =>
  readWith(root, 'proc/sys/net/ipv4/ip_local_port_range', (text) => {
    const [low, high] = text.trim().split(/\s+/).map(Number);
    return low === undefined || high === undefined || Number.isNaN(low + high) ? undefined : { low, high };
  });

const FILES = {
  somaxconn: 'net/core/somaxconn',
  synBacklog: 'net/ipv4/tcp_max_syn_backlog',
  synCookies: 'net/ipv4/tcp_syncookies',
  timeWaitReuse: 'net/ipv4/tcp_tw_reuse',
  mtuProbing: 'net/ipv4/tcp_mtu_probing',
} as const;

export type Tunable = keyof typeof FILES;

export const readTunable = (root: HostRoot, name: Tunable): Reading<number> =>
  readInteger(root, `proc/sys/${FILES[name]}`);
