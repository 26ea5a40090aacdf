// Who else is on this machine: ports open to the world that nobody named, other firewalls, and the advice one finds for all this.
import { type Check, judged, unknown } from './check.ts';
import type { View } from './view.ts';

export function surroundingChecks(view: View): readonly Check[] {
  return [exposedCheck(view), ...neighbourChecks(view), adviceCheck(view)];
}

/** 127.0.0.0/8, ::1 and ::ffff:127.0.0.0/104 as /proc/net/tcp writes them: words in the byte order of the machine, little-endian where Node runs. */
const isLoopback = (hex: string): boolean =>
  hex.length === 8
    ? hex.endsWith('7F')
    : hex === '00000000000000000000000001000000' || /^0{16}FFFF0000.{6}7F$/.test(hex);

function exposedCheck({ now, expect }: View): Check {
  const id = 'exposed-ports';
  if (!now.listening.ok) return unknown(id, `sockets cannot be read (${now.listening.why})`);
  if (expect.namedPorts === undefined) return unknown(id, 'no configuration to compare with (-c FILE)');
  const reachable = now.listening.value.filter(({ addressHex }) => !isLoopback(addressHex));
  const named = new Set(expect.namedPorts);
  const ports = [...new Set(reachable.map(({ port }) => port))]
    .filter((port) => !named.has(port))
    .sort((a, b) => a - b);
  const open = ports.filter((port) => expect.isOpen?.(port) === true);
  return judged({
    id,
    status: open.length > 0 ? 'fail' : ports.length > 0 ? 'warn' : 'ok',
    value: ports.length === 0 ? 'none' : ports.join(', '),
    limit: 'none',
    unit: '',
    good: 'every port that listens to the outside is named in the configuration',
    bad:
      open.length > 0
        ? `tcp ${open.join(', ')} is not in the configuration, listens to the outside, and no rule here keeps the world from it`
        : `tcp ${ports.join(', ')} is not in the configuration and listens to the outside; only a firewall keeps it closed`,
    fix: 'bind it to 127.0.0.1, or name it in firewall.extra; tollgate firewall apply closes the rest',
    // A provider's firewall in front of this machine is not seen from here.
    confidence: 'medium',
  });
}

const NEIGHBOURS = [
  {
    name: 'ufw',
    id: 'ufw',
    does: 'UFW tracks every connection, and its rules and ours are both asked: a port must be open in each',
    fix: 'ufw disable, once tollgate firewall apply is confirmed',
    harmless: 'a port that it keeps closed is told by ruleset-accept-is-not-final',
  },
  {
    name: 'firewalld',
    id: 'firewalld',
    does: 'firewalld tracks every connection and drops in a table of its own: a port must be open in each',
    fix: 'systemctl disable --now firewalld, once tollgate firewall apply is confirmed',
    harmless: 'a port that it keeps closed is told by ruleset-accept-is-not-final',
  },
  {
    name: 'docker',
    id: 'docker',
    does: 'Docker publishes ports past every input rule (DNAT, then forward), and its NAT needs tracking',
    fix: 'publish on 127.0.0.1 (-p 127.0.0.1:8080:80); published ports cannot be web-untracked',
    harmless: 'a published port that is untracked is told by ruleset-nat-without-tracking',
  },
] as const;

function neighbourChecks({ now }: View): readonly Check[] {
  return NEIGHBOURS.map(({ name, id, does, fix, harmless }) => {
    const here = now.neighbours[name];
    const status = here ? 'warn' : 'ok';
    return judged({
      id,
      status,
      value: here ? 'active' : 'absent',
      limit: 'absent',
      unit: '',
      good: `${name} is not active here`,
      bad: does,
      fix,
      confidence: 'medium',
      never: { fail: harmless },
    });
  });
}

/** What guides recommend against slow servers, and what it would change on this one. */
function adviceCheck({ now }: View): Check {
  const files = now.files.ok ? now.files.value : undefined;
  const near = files !== undefined && files.open / files.limit > 0.7;
  const matters = [
    near ? 'ulimit -n matters' : 'ulimit -n does not (no process is near its limit)',
    now.somaxconn.ok && now.somaxconn.value >= 1024
      ? 'somaxconn does not (large enough)'
      : 'somaxconn matters',
    'fs.file-max does not (it is the whole machine’s)',
    'tcp_tw_recycle is gone since Linux 4.12',
    'tcp_max_tw_buckets: never lower it',
    'tcp_rmem/wmem do not for small answers',
  ];
  return judged({
    id: 'usual-advice',
    status: 'ok',
    value: null,
    limit: null,
    unit: '',
    good: `of the usual advice: ${matters.join('; ')}`,
    bad: '',
    fix: '',
    confidence: 'medium',
    never: {
      warn: 'advice is no finding; what it is about has checks of its own',
      fail: 'the same',
    },
  });
}
