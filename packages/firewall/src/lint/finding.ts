// What the linter finds: a closed list, each with what happens because of it and what mends it.

const FINDINGS = {
  'path-mtu-black-hole': {
    severity: 'error',
    reason:
      'ICMP "fragmentation needed" is dropped: over a path with a smaller MTU large answers hang, small ones work.',
    mend: 'before any rule about invalid: icmp type { destination-unreachable, time-exceeded, parameter-problem } accept',
  },
  'path-mtu-black-hole-ipv6': {
    severity: 'error',
    reason: 'ICMPv6 packet-too-big is dropped, and routers never fragment IPv6: large answers hang.',
    mend: 'icmpv6 type { destination-unreachable, packet-too-big, time-exceeded, parameter-problem } accept',
  },
  'neighbours-dropped': {
    severity: 'error',
    reason:
      'IPv6 neighbour discovery is dropped: the link cannot find this host, so IPv6 is dead within minutes.',
    mend: 'icmpv6 type { nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } ip6 hoplimit 255 accept',
  },
  'error-meets-invalid-drop': {
    severity: 'error',
    reason:
      'ICMP errors about untracked connections count as invalid, and `ct state invalid drop` stands before their accept.',
    mend: 'move the icmp and icmpv6 accepts above the rule that drops invalid packets',
  },
  'notrack-one-way': {
    severity: 'error',
    reason:
      'Only one direction is untracked: the other enters every connection in the table by loose pickup, and it fills as before.',
    mend: 'notrack in both: prerouting `tcp dport PORT notrack`, output `tcp sport PORT notrack`',
  },
  'untracked-dropped': {
    severity: 'error',
    reason: 'Packets that notrack takes out of the table meet no rule that accepts them.',
    mend: 'accept the web ports by number before any rule about ct state',
  },
  'answers-dropped': {
    severity: 'error',
    reason:
      'Connections this host opens leave untracked, so their answers are not established and are dropped.',
    mend: 'take out the output rule `tcp dport … notrack`: outbound connections belong in the table',
  },
  'source-port-hole': {
    severity: 'error',
    reason: 'A port that is closed opens to whoever sends from the right source port, which anyone can.',
    mend: 'accept by destination port, or by ct state established; never by source port',
  },
  'web-tracked': {
    severity: 'warning',
    reason:
      'Each web connection keeps an entry for 120 s after its end: a table of 8,192 holds 68 new connections/s, then drops everyone.',
    mend: 'connectionTracking: web-untracked, or a table for the peak rate x 120 s',
  },
  'loopback-tracked': {
    severity: 'warning',
    reason: 'Loopback connections take entries too: a proxy to 127.0.0.1 uses two for each request.',
    mend: 'output, priority raw: oif lo notrack',
  },
  'loopback-dropped': {
    severity: 'error',
    reason: 'Loopback is dropped: the resolver, databases and upstreams on this machine are out of reach.',
    mend: 'iif lo accept, as the first rule of input',
  },
  'flush-ruleset': {
    severity: 'warning',
    reason: 'It wipes the tables of others as well: Docker, libvirt, fail2ban.',
    mend: 'own table only: table T / delete table T / table T { … } in one file',
  },
  'nat-without-tracking': {
    severity: 'error',
    reason: 'NAT needs the table: a port that is both translated and untracked refuses connections.',
    mend: 'leave translated ports (Docker: published ports) out of the notrack rules',
  },
  'routed-untracked': {
    severity: 'error',
    reason:
      'What this machine routes for others is untracked as well, so their addresses are not translated and they are cut off.',
    mend: 'add `fib daddr type local` to the notrack rule in prerouting',
  },
  'accept-is-not-final': {
    severity: 'warning',
    reason: 'One table accepts the port, another drops it: an accept ends its own chain only.',
    mend: 'open the port in both tables, or keep one table with a drop policy',
  },
  'ssh-closed': {
    severity: 'warning',
    reason:
      'No address reaches ssh: who closes this session does not come back. `nft -c` finds that in order.',
    mend: 'if that is not meant: tcp dport 22 accept',
  },
} as const satisfies Record<string, { severity: 'error' | 'warning'; reason: string; mend: string }>;

export type FindingId = keyof typeof FINDINGS;

export interface Finding {
  readonly id: FindingId;
  readonly severity: 'error' | 'warning';
  /** The ports, chain or table it is about. */
  readonly where: string;
  readonly reason: string;
  readonly mend: string;
}

export const finding = (id: FindingId, where: string): Finding => ({ id, where, ...FINDINGS[id] });
