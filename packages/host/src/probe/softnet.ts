// Packets the kernel dropped before any socket saw them, and how often softirq ran out of its budget (this machine, not a namespace).
import { type HostRoot, type Reading, readWith } from './reading.ts';

export interface SoftnetCounters {
  readonly processed: number;
  /** The per-CPU backlog was full. */
  readonly dropped: number;
  /** net_rx_action left work over. */
  readonly squeezed: number;
}

export const readSoftnet = (root: HostRoot): Reading<SoftnetCounters> =>
  readWith(root, 'proc/net/softnet_stat', parseSoftnet);

/** No header: one row per CPU, hexadecimal, the first three columns fixed (softnet_seq_show in net/core/net-procfs.c). */
function parseSoftnet(text: string): SoftnetCounters | undefined {
  const rows = text.split('\n').filter((line) => line !== '');
  if (rows.length === 0 || rows.some((row) => !/^[0-9a-f]{8} [0-9a-f]{8} [0-9a-f]{8}/.test(row)))
    return undefined;
  const column = (at: number): number =>
    rows.reduce((total, row) => total + Number.parseInt(row.slice(at * 9, at * 9 + 8), 16), 0);
  return { processed: column(0), dropped: column(1), squeezed: column(2) };
}
