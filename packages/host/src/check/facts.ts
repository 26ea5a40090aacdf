// Everything the checks look at, read once. Two of them, some seconds apart, make rates.
import { type Backlogs, readBacklogs } from '../probe/backlogs.ts';
import { type CgroupCpu, readCgroupCpu } from '../probe/cgroup.ts';
import {
  type ConntrackLimits,
  type ConntrackStats,
  readConntrackLimits,
  readConntrackStats,
} from '../probe/conntrack.ts';
import { type CpuTimes, readMachineCpu } from '../probe/cpu.ts';
import { readSuppressed, type SuppressedMessages } from '../probe/journal.ts';
import { type Memory, readMemory } from '../probe/memory.ts';
import { type NicDrops, readNicDrops } from '../probe/nic.ts';
import { type Pressure, readPressure } from '../probe/pressure.ts';
import {
  findProcesses,
  hasGivenUpOpening,
  type OpenFiles,
  readOpenFiles,
  readPids,
  readProcessStatus,
} from '../probe/process.ts';
import { readThreadsCpu } from '../probe/process-cpu.ts';
import { type HostRoot, map, type Reading } from '../probe/reading.ts';
import { type Listening, readListening, readSocketTotals, type SocketTotals } from '../probe/sockets.ts';
import { readSoftnet, type SoftnetCounters } from '../probe/softnet.ts';
import { readTcpCounters, readTcpSegments, type TcpCounters, type TcpSegments } from '../probe/tcp.ts';
import { type PortRange, readPortRange, readTunable } from '../probe/tuning.ts';
import { type Neighbours, readNeighbours } from './neighbours-probe.ts';

export interface FactOptions {
  readonly root: HostRoot;
  /** The process whose files, namespace and control group are looked at; without it: the machine. */
  readonly pid?: number | undefined;
  /** Ask journalctl as well, which takes some 50 ms. */
  readonly journal?: boolean;
}

interface BusyFiles extends OpenFiles {
  readonly pid: number;
  readonly name: string;
}

export interface Facts {
  readonly atMs: number;
  readonly cpu: Reading<CpuTimes>;
  readonly conntrack: Reading<ConntrackStats>;
  readonly conntrackLimits: Reading<ConntrackLimits>;
  readonly tcp: Reading<TcpCounters>;
  readonly segments: Reading<TcpSegments>;
  readonly sockets: Reading<SocketTotals>;
  readonly listening: Reading<readonly Listening[]>;
  readonly backlogs: Reading<Backlogs>;
  readonly softnet: Reading<SoftnetCounters>;
  readonly nic: Reading<NicDrops>;
  readonly pressure: Reading<Pressure>;
  readonly memory: Reading<Memory>;
  readonly portRange: Reading<PortRange>;
  readonly somaxconn: Reading<number>;
  readonly synBacklog: Reading<number>;
  readonly synCookies: Reading<number>;
  readonly cgroup: Reading<CgroupCpu>;
  /** Of all processes that may be read, the one nearest to a limit that it may still meet. */
  readonly files: Reading<BusyFiles | undefined>;
  /** CPU time of journald so far, microseconds; `undefined` where none runs. */
  readonly journaldMicros: Reading<number | undefined>;
  readonly suppressed: Reading<SuppressedMessages> | undefined;
  readonly neighbours: Neighbours;
}

export function gatherFacts({ root, pid, journal }: FactOptions): Facts {
  return {
    atMs: performance.now(),
    cpu: map(readMachineCpu(root), ({ all }) => all),
    conntrack: readConntrackStats(root, pid),
    conntrackLimits: readConntrackLimits(root),
    tcp: readTcpCounters(root, pid),
    segments: readTcpSegments(root, pid),
    sockets: readSocketTotals(root, pid),
    listening: readListening(root, pid),
    backlogs: readBacklogs(root, pid),
    softnet: readSoftnet(root),
    nic: readNicDrops(root),
    pressure: readPressure(root, 'cpu'),
    memory: readMemory(root),
    portRange: readPortRange(root),
    somaxconn: readTunable(root, 'somaxconn'),
    synBacklog: readTunable(root, 'synBacklog'),
    synCookies: readTunable(root, 'synCookies'),
    cgroup: readCgroupCpu(root, pid ?? 'self'),
    files: busiestFiles(root, pid),
    journaldMicros: journaldMicros(root),
    suppressed: journal === true ? readSuppressed(root, 600) : undefined,
    neighbours: readNeighbours(root),
  };
}

function busiestFiles(root: HostRoot, pid: number | undefined): Reading<BusyFiles | undefined> {
  const pids: Reading<readonly number[]> = pid === undefined ? readPids(root) : { ok: true, value: [pid] };
  return map(pids, (all) =>
    all
      .flatMap((candidate) => filesOf(root, candidate))
      .toSorted((a, b) => shareOf(b) - shareOf(a))
      .at(0),
  );
}

const shareOf = (files: OpenFiles): number => (hasGivenUpOpening(files) ? 0 : files.open / files.limit);

function filesOf(root: HostRoot, pid: number): readonly BusyFiles[] {
  const files = readOpenFiles(root, pid);
  if (!files.ok) return [];
  const status = readProcessStatus(root, pid);
  return [{ ...files.value, pid, name: status.ok ? status.value.name : String(pid) }];
}

/** All of them: each journal namespace has its own. */
function journaldMicros(root: HostRoot): Reading<number | undefined> {
  return map(findProcesses(root, 'systemd-journald'), (pids) =>
    pids.length === 0 ? undefined : pids.reduce((sum, pid) => sum + readThreadsCpu(root, pid), 0),
  );
}
