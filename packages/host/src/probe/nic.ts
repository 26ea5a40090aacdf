// Packets the network cards themselves gave up: the ring was full, or the driver found no memory. This machine's, not a namespace's.
import { type HostRoot, readInteger, readNames, type Reading, valueOf } from './reading.ts';

export interface NicDrops {
  /** The card that dropped most. */
  readonly worst: string | undefined;
  readonly dropped: number;
}

/** Documentation/ABI/testing/sysfs-class-net-statistics. Loopback drops nothing of this kind. */
const COUNTERS = ['rx_missed_errors', 'rx_fifo_errors', 'rx_over_errors'];

export function readNicDrops(root: HostRoot): Reading<NicDrops> {
  const names = readNames(root, 'sys/class/net');
  if (!names.ok) return names;
  const cards = names.value.map((name) => ({ name, dropped: dropsOf(root, name) }));
  const dropped = cards.reduce((sum, card) => sum + card.dropped, 0);
  const worst = dropped === 0 ? undefined : cards.toSorted((a, b) => b.dropped - a.dropped)[0]?.name;
  return valueOf({ worst, dropped });
}

function dropsOf(root: HostRoot, name: string): number {
  const counts = COUNTERS.map((counter) => readInteger(root, `sys/class/net/${name}/statistics/${counter}`));
  return counts.reduce((sum, count) => sum + (count.ok ? count.value : 0), 0);
}
