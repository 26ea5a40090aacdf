// Where connections wait before the server takes them: SYN queue, accept queue, their limits and overflows.
import { type Check, judged, percent, statusAbove, unknown } from './check.ts';
import { lossCheck } from './losses.ts';
import { growth, type View } from './view.ts';

/** What Node asks for unless told otherwise (lib/net.js). */
const NODE_BACKLOG = 511;

export function queueChecks(view: View): readonly Check[] {
  return [overflowCheck(view), depthCheck(view), backlogCheck(view), synCheck(view)];
}

const overflowCheck = ({ before, now }: View): Check =>
  lossCheck({
    id: 'listen-overflows',
    unit: 'connections',
    before: before.tcp,
    now: now.tcp,
    lost: ({ listenDrops }) => listenDrops,
    unread: 'TCP counters cannot be read',
    words: ({ listenOverflows }, lost, fresh) => ({
      good: 'no listener has dropped a connection',
      bad:
        fresh > 0
          ? `listeners are dropping connections now (${fresh} since a moment ago): the server accepts too slowly, or its queue is too short`
          : `listeners have dropped ${lost} connections since the start (${listenOverflows} by a full accept queue)`,
      fix: 'a larger backlog (sysctl -w net.core.somaxconn=4096 and Backlog=4096 in tollgate.socket); more workers if the CPU is full',
    }),
  });

function depthCheck({ now }: View): Check {
  const id = 'accept-queue';
  if (!now.listening.ok) return unknown(id, `sockets cannot be read (${now.listening.why})`);
  const deepest = now.listening.value.toSorted((a, b) => b.acceptQueue - a.acceptQueue)[0];
  const limit = Math.min(NODE_BACKLOG, now.somaxconn.ok ? now.somaxconn.value : NODE_BACKLOG);
  const used = percent(deepest?.acceptQueue ?? 0, limit);
  const many = `${deepest?.acceptQueue ?? 0} finished handshakes wait to be accepted${deepest === undefined ? '' : ` on port ${deepest.port}`}`;
  return judged({
    id,
    status: statusAbove(used, { warn: 75, fail: 90 }),
    value: used,
    limit: 75,
    unit: '%',
    good: many,
    bad: `${many}, of about ${limit}: the server does not keep up`,
    fix: 'find what holds the event loop (tollgate status), add workers, or shed the request log (REQUEST_LOG=auto)',
    // A program may have asked for another backlog than Node's; /proc does not tell.
    confidence: 'medium',
  });
}

function backlogCheck({ now }: View): Check {
  const id = 'somaxconn';
  if (!now.somaxconn.ok) return unknown(id, `net.core.somaxconn cannot be read (${now.somaxconn.why})`);
  const value = now.somaxconn.value;
  return judged({
    id,
    status: value < 512 ? 'fail' : value < 1024 ? 'warn' : 'ok',
    value,
    limit: 1024,
    unit: 'connections',
    good: `accept queues may be up to ${value} long`,
    bad: `no accept queue can be longer than ${value}, whatever a program asks for`,
    fix: 'sysctl -w net.core.somaxconn=4096',
  });
}

function synCheck({ before, now }: View): Check {
  const id = 'syn-queue';
  if (!now.tcp.ok) return unknown(id, `TCP counters cannot be read (${now.tcp.why})`);
  const dropped = growth(before.tcp, now.tcp, ({ requestQueueFullDrops }) => requestQueueFullDrops);
  const full = now.tcp.value.requestQueueFullDrops + now.tcp.value.requestQueueFullCookies;
  const cookies = !now.synCookies.ok || now.synCookies.value > 0;
  const short = now.synBacklog.ok && now.synBacklog.value < 512;
  return judged({
    id,
    status: dropped > 0 || !cookies ? 'fail' : full > 0 || short ? 'warn' : 'ok',
    value: full,
    limit: 1,
    unit: 'times full',
    good: 'the SYN queue was never full',
    bad: !cookies
      ? 'SYN cookies are off: a flood of SYNs shuts everybody out'
      : `the SYN queue was full ${full} times${short ? `, and is only ${now.synBacklog.ok ? now.synBacklog.value : 0} long` : ''}`,
    fix: 'sysctl -w net.ipv4.tcp_syncookies=1 net.ipv4.tcp_max_syn_backlog=4096; firewall.synPerSecond limits one source',
  });
}
