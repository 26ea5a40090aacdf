// Where connections wait before the server takes them: SYN queue, accept queue, their limits and overflows.
import { type Check, judged, percent, statusAbove, unknown } from './check.ts';
import type { Listening } from '../probe/sockets.ts';
import { lossCheck } from './losses.ts';
import { growth, type View } from './view.ts';

/** What Node, nginx and others ask for unless told otherwise: for where nobody can say what was asked for. */
const USUAL_BACKLOG = 511;

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
  const [fullest = { acceptQueue: 0, used: 0, limit: 0, at: '' }] = now.listening.value
    .map((one) => queueOf(now, one))
    .toSorted((a, b) => b.used - a.used || b.acceptQueue - a.acceptQueue);
  const { acceptQueue, used, limit, at } = fullest;
  const many = `${acceptQueue} finished handshakes wait to be accepted${at}`;
  return judged({
    id,
    status: statusAbove(used, { warn: 75, fail: 90 }),
    value: used,
    limit: 75,
    unit: '%',
    good: many,
    bad: `${many}, of ${now.backlogs.ok ? '' : 'about '}${limit}: the server does not keep up`,
    fix: 'find what holds the event loop (tollgate status), add workers, or shed the request log (REQUEST_LOG=auto)',
    confidence: now.backlogs.ok ? 'high' : 'medium',
  });
}

interface Queue {
  readonly acceptQueue: number;
  /** Connections that may wait. */
  readonly limit: number;
  /** Percent. */
  readonly used: number;
  readonly at: string;
}

function queueOf({ backlogs, somaxconn }: View['now'], { acceptQueue, inode, port }: Listening): Queue {
  const usual = somaxconn.ok ? Math.min(USUAL_BACKLOG, somaxconn.value) : USUAL_BACKLOG;
  const limit = (backlogs.ok ? backlogs.value.get(inode) : undefined) ?? usual;
  return { acceptQueue, limit, used: percent(acceptQueue, limit), at: ` on port ${port}` };
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
