// The machine below: the connection table and the accept queues, and what the guard makes of them. Where the kernel tracks
// no connections there is no table, and so no sample.
import {
  type ConntrackStats,
  type GuardOutlook,
  type GuardReading,
  type HostRoot,
  LIVE,
  readConntrackStats,
  readTcpCounters,
  type TcpCounters,
} from '@tollgate/host';
import type { Watch } from '../guard.ts';
import { counter, gauge, type Family, type Sample } from './family.ts';

export interface MachineFigures {
  /** `undefined` before the first look. */
  readonly reading: GuardReading | undefined;
  readonly outlook: GuardOutlook | undefined;
  readonly conntrack: ConntrackStats | undefined;
  readonly tcp: TcpCounters | undefined;
}

/** Two small reads, and what the guard knows already. */
export function readMachine(watch: Watch | undefined, root: HostRoot = LIVE): MachineFigures {
  const conntrack = readConntrackStats(root);
  const tcp = readTcpCounters(root);
  return {
    reading: watch?.reading,
    outlook: watch?.outlook,
    conntrack: conntrack.ok ? conntrack.value : undefined,
    tcp: tcp.ok ? tcp.value : undefined,
  };
}

export function machineFamilies(machine: MachineFigures): readonly Family[] {
  return [...tableFamilies(machine), ...queueFamilies(machine), guardFamily(machine)];
}

function tableFamilies({ reading, outlook, conntrack }: MachineFigures): readonly Family[] {
  const table = reading?.conntrack;
  const drops: Sample[] =
    conntrack === undefined
      ? []
      : [
          { labels: { reason: 'full' }, value: conntrack.drop },
          { labels: { reason: 'early' }, value: conntrack.earlyDrop },
          { labels: { reason: 'insert-failed' }, value: conntrack.insertFailed },
        ];
  return [
    gauge('tollgate_conntrack_entries', 'Entries of the connection table.', maybe(table?.entries)),
    gauge('tollgate_conntrack_entries_max', 'Size of the connection table.', maybe(table?.max)),
    counter('tollgate_conntrack_drops', 'What the connection table threw away, by reason.', drops),
    gauge(
      'tollgate_conntrack_full_in_seconds',
      'Predicted time until the connection table is full at the rate of the last seconds; +Inf: never.',
      maybe(table === undefined ? undefined : (outlook?.secondsToFull ?? Number.POSITIVE_INFINITY)),
    ),
  ];
}

function queueFamilies({ reading, tcp }: MachineFigures): readonly Family[] {
  const queue = reading?.acceptQueue;
  return [
    gauge(
      'tollgate_accept_queue_connections',
      'Connections that wait to be accepted, on the listener with the longest queue.',
      maybe(queue?.waiting),
    ),
    gauge('tollgate_accept_queue_connections_max', 'Length of an accept queue.', maybe(queue?.limit)),
    counter(
      'tollgate_listen_overflows',
      'Handshakes that met a full accept queue, of every listener in this network namespace.',
      maybe(tcp?.listenOverflows),
    ),
    counter(
      'tollgate_listen_drops',
      'Connections that a listener dropped, of every listener in this network namespace.',
      maybe(tcp?.listenDrops),
    ),
  ];
}

const guardFamily = ({ outlook }: MachineFigures): Family =>
  gauge('tollgate_guard_level', 'The level the guard has warned at: 75 or 90 (percent); 0: calm.', [
    { labels: { about: 'conntrack' }, value: outlook?.conntrackLevel ?? 0 },
    { labels: { about: 'accept-queue' }, value: outlook?.acceptQueueLevel ?? 0 },
  ]);

const maybe = (value: number | undefined): readonly Sample[] =>
  value === undefined ? [] : [{ labels: {}, value }];
