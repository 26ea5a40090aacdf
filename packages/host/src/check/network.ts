// The way to the client and back: retransmissions, ports to connect from, packets dropped before any socket.
import { type Check, judged, percent, statusAbove, unknown } from './check.ts';
import { lossCheck } from './losses.ts';
import { growth, type View } from './view.ts';

export function networkChecks(view: View): readonly Check[] {
  return [
    retransmitCheck(view),
    synRetransmitCheck(view),
    portCheck(view),
    softnetCheck(view),
    nicCheck(view),
  ];
}

/** Fewer segments than this say nothing about a rate. */
const ENOUGH_SEGMENTS = 1000;

function retransmitCheck({ before, now }: View): Check {
  const id = 'retransmits';
  if (!now.segments.ok) return unknown(id, `TCP totals cannot be read (${now.segments.why})`);
  const sent = growth(before.segments, now.segments, ({ outSegments }) => outSegments);
  const again = growth(before.segments, now.segments, ({ retransmittedSegments }) => retransmittedSegments);
  const recent = sent >= ENOUGH_SEGMENTS;
  const { outSegments, retransmittedSegments } = now.segments.value;
  const share = recent ? percent(again, sent) : percent(retransmittedSegments, outSegments);
  const enough = recent || outSegments >= ENOUGH_SEGMENTS;
  return judged({
    id,
    status: enough ? statusAbove(share, { warn: 1, fail: 5 }) : 'ok',
    value: share,
    limit: 1,
    unit: '%',
    good: `${share} % of the segments ${recent ? 'sent now' : 'since the start'} were sent again`,
    bad: `${share} % of the segments ${recent ? 'sent now' : 'since the start'} were sent again: the path loses packets, or a firewall drops ICMP "too big"`,
    fix: 'tollgate firewall check; sysctl -w net.ipv4.tcp_mtu_probing=1; else ask the provider',
    confidence: recent ? 'high' : 'medium',
  });
}

function synRetransmitCheck({ before, now, seconds }: View): Check {
  const id = 'syn-retransmits';
  if (!now.tcp.ok) return unknown(id, `TCP counters cannot be read (${now.tcp.why})`);
  const rate = growth(before.tcp, now.tcp, ({ synRetransmits }) => synRetransmits) / seconds;
  const shown = Math.round(rate * 10) / 10;
  return judged({
    id,
    status: statusAbove(rate, { warn: 1, fail: 20 }),
    value: shown,
    limit: 1,
    unit: '/s',
    good: 'openings of connections are answered',
    bad: `${shown} SYNs a second are sent again: somebody (an upstream, a full table, a full queue) does not answer`,
    fix: 'look at conntrack-drops and listen-overflows here; then at the upstream the connections go to',
  });
}

/** Connections of ours that have ended keep their port for 60 s (TCP_TIMEWAIT_LEN). */
function portCheck({ now }: View): Check {
  const id = 'time-wait';
  if (!now.sockets.ok || !now.portRange.ok) return unknown(id, 'sockets or the port range cannot be read');
  const { low, high } = now.portRange.value;
  const ports = high - low + 1;
  const used = percent(now.sockets.value.timeWait, ports);
  const many = `${now.sockets.value.timeWait} connections are in TIME_WAIT; ${ports} ports can be connected from`;
  return judged({
    id,
    status: statusAbove(used, { warn: 50, fail: 90 }),
    value: used,
    limit: 50,
    unit: '%',
    good: many,
    bad: `${many}: a proxy that opens a connection per request to one upstream runs out`,
    fix: 'keep upstream connections alive (engine: wire), or use a unix socket; sysctl -w net.ipv4.ip_local_port_range="10240 65535"',
    // Those of clients that closed first are among them, and use no port of ours.
    confidence: 'low',
  });
}

const softnetCheck = ({ before, now }: View): Check =>
  lossCheck({
    id: 'softnet',
    unit: 'packets',
    before: before.softnet,
    now: now.softnet,
    lost: ({ dropped }) => dropped,
    unread: 'the packet backlog cannot be read',
    words: ({ dropped, squeezed }) => ({
      good: `no packet was dropped before a socket saw it; the budget ran out ${squeezed} times`,
      bad: `${dropped} packets were dropped before a socket saw them: the backlog of a CPU was full`,
      fix: 'sysctl -w net.core.netdev_max_backlog=5000 net.core.netdev_budget=600',
    }),
  });

const nicCheck = ({ before, now }: View): Check =>
  lossCheck({
    id: 'nic-drops',
    unit: 'packets',
    before: before.nic,
    now: now.nic,
    lost: ({ dropped }) => dropped,
    unread: 'network cards cannot be read',
    words: ({ dropped, worst }) => ({
      good: 'no network card has dropped a packet',
      bad: `the network cards have dropped ${dropped} packets, most of them ${worst}: its ring was full`,
      fix: `ethtool -G ${worst} rx 4096; on a cloud machine: ethtool -S ${worst} | grep allowance (the provider's own limits)`,
    }),
  });
