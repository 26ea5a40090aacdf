// A healthy staged machine, and the few files in which another one differs.
import { gatherFacts, type Expectation, type Facts, type View } from '../../src/index.ts';
import { type Files, stage } from './stage.ts';

const SNMP_HEAD = 'Tcp: ActiveOpens PassiveOpens AttemptFails OutSegs RetransSegs';
const NETSTAT_HEAD =
  'TcpExt: ListenOverflows ListenDrops TCPSynRetrans TCPReqQFullDrop TCPReqQFullDoCookies TCPTimeWaitOverflow';
const CONNTRACK_HEAD = 'entries invalid insert_failed drop early_drop';

export interface Numbers {
  readonly entries?: number;
  readonly drop?: number;
  readonly max?: number;
  readonly passiveOpens?: number;
  readonly outSegments?: number;
  readonly retransmitted?: number;
  readonly listenDrops?: number;
  readonly synRetransmits?: number;
  readonly requestQueueFull?: number;
  readonly stealTicks?: number;
  readonly idleTicks?: number;
  readonly timeWait?: number;
  readonly acceptQueue?: number;
  readonly listeningOn?: number;
  readonly softnetDropped?: number;
  readonly nicDropped?: number;
  readonly pressure?: number;
  readonly throttled?: number;
  readonly somaxconn?: number;
  readonly synCookies?: number;
  readonly openFiles?: number;
  readonly availableKb?: number;
  readonly journaldMillis?: number;
}

const hex = (value: number, width = 8): string => value.toString(16).toUpperCase().padStart(width, '0');

/** The files of a machine on which every check is ok, but for the numbers given. */
export function files(n: Numbers = {}, extra: Files = {}): Files {
  const port = hex(n.listeningOn ?? 443, 4);
  const open = Object.fromEntries(
    Array.from({ length: n.openFiles ?? 3 }, (_, at) => [`proc/50/fd/${at}`, '']),
  );
  return {
    'proc/stat': `cpu  100 0 100 ${n.idleTicks ?? 1000} 0 0 0 ${n.stealTicks ?? 0} 0 0\n`,
    'proc/net/stat/nf_conntrack': `${CONNTRACK_HEAD}\n${hex(n.entries ?? 10)} 0 0 ${hex(n.drop ?? 0)} 0\n`,
    'proc/sys/net/netfilter/nf_conntrack_max': `${n.max ?? 262_144}\n`,
    'proc/sys/net/netfilter/nf_conntrack_tcp_timeout_time_wait': '120\n',
    'proc/net/netstat': `${NETSTAT_HEAD}\nTcpExt: 0 ${n.listenDrops ?? 0} ${n.synRetransmits ?? 0} ${n.requestQueueFull ?? 0} 0 0\n`,
    'proc/net/snmp': `${SNMP_HEAD}\nTcp: 0 ${n.passiveOpens ?? 0} 0 ${n.outSegments ?? 0} ${n.retransmitted ?? 0}\n`,
    'proc/net/sockstat': `sockets: used 1\nTCP: inuse 1 orphan 0 tw ${n.timeWait ?? 0} alloc 1 mem 1\n`,
    'proc/net/tcp':
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n' +
      `   0: 00000000:${port} 00000000:0000 0A 00000000:${hex(n.acceptQueue ?? 0)} 00:00000000 00000000 0 0 1 1\n` +
      '   1: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 2 1\n',
    'proc/net/softnet_stat': `0000000a ${hex(n.softnetDropped ?? 0)} 00000000 00000000\n`,
    'sys/class/net/lo/statistics/rx_missed_errors': '0\n',
    'sys/class/net/eth0/statistics/rx_missed_errors': `${n.nicDropped ?? 0}\n`,
    'proc/pressure/cpu': `some avg10=${n.pressure ?? 0} avg60=0.00 avg300=0.00 total=1\n`,
    'proc/meminfo': `MemTotal: 1000000 kB\nMemAvailable: ${n.availableKb ?? 500_000} kB\n`,
    'proc/sys/net/ipv4/ip_local_port_range': '32768 60999\n',
    'proc/sys/net/core/somaxconn': `${n.somaxconn ?? 4096}\n`,
    'proc/sys/net/ipv4/tcp_max_syn_backlog': '4096\n',
    'proc/sys/net/ipv4/tcp_syncookies': `${n.synCookies ?? 1}\n`,
    'proc/self/cgroup': '0::/site\n',
    'sys/fs/cgroup/site/cpu.stat': `usage_usec 1\nnr_periods 1000\nnr_throttled ${n.throttled ?? 0}\nthrottled_usec 0\n`,
    'proc/50/limits': 'Max open files            100                 100               files\n',
    'proc/50/status': 'Name:\tnode\nPPid:\t1\nVmRSS:\t10 kB\n',
    ...open,
    'proc/60/comm': 'systemd-journal\n',
    'proc/60/task/60/schedstat': `${(n.journaldMillis ?? 0) * 1e6} 0 1\n`,
    ...extra,
  };
}

const factsOf = (staged: Files): Facts => gatherFacts({ root: stage(staged) });

/** Ten seconds between two looks. Without a `before` nothing has moved. */
export function look(now: Files, before: Files = now, expect: Expectation = { namedPorts: [443] }): View {
  return { before: factsOf(before), now: factsOf(now), seconds: 10, expect };
}
