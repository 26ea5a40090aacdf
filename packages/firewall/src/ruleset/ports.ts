// ssh, extra ports with their sources, udp for QUIC, and the machine's own address by DHCP.
import type { OpenPort, Policy } from '../policy/policy.ts';
import type { Match, NamedSet, Rule } from './types.ts';

interface NamedPort {
  readonly name: string;
  readonly port: OpenPort;
}

function namedPorts(policy: Policy): readonly NamedPort[] {
  const ssh = policy.ssh === undefined ? [] : [{ name: 'ssh', port: policy.ssh }];
  return [...ssh, ...policy.extra.map((port) => ({ name: `${port.protocol}-${port.port}`, port }))];
}

/** One set per port and family that is not open to everyone. */
export function portSets(policy: Policy): readonly NamedSet[] {
  return namedPorts(policy).flatMap(({ name, port }) =>
    families(port).flatMap(({ family, ranges }) =>
      ranges === 'any' || ranges.length === 0
        ? []
        : [
            {
              kind: 'ranges' as const,
              name: `${name}-from${family}`,
              family,
              elements: ranges,
              why: `Who may reach ${port.protocol} port ${port.port}.`,
            },
          ],
    ),
  );
}

export function portRules(policy: Policy): readonly Rule[] {
  const quic: readonly Rule[] =
    policy.quicPorts.length === 0
      ? []
      : [
          {
            kind: 'plain',
            match: [{ kind: 'destination-port', protocol: 'udp', ports: { set: 'quic' } }],
            verdict: 'accept',
          },
        ];
  return [...quic, ...namedPorts(policy).flatMap(rulesFor)];
}

function rulesFor({ name, port }: NamedPort): readonly Rule[] {
  const match: Match = {
    kind: 'destination-port',
    protocol: port.protocol,
    ports: { port: port.port },
  };
  if (port.from.kind === 'any') return [{ kind: 'plain', match: [match], verdict: 'accept' }];
  return families(port)
    .filter(({ ranges }) => ranges !== 'any' && ranges.length > 0)
    .map(({ family }) => ({
      kind: 'plain',
      match: [match, { kind: 'source-in', family, set: `${name}-from${family}` }],
      verdict: 'accept',
    }));
}

function families(port: OpenPort): readonly { family: 4 | 6; ranges: 'any' | readonly string[] }[] {
  const { from } = port;
  return [
    { family: 4, ranges: from.kind === 'any' ? 'any' : from.ipv4 },
    { family: 6, ranges: from.kind === 'any' ? 'any' : from.ipv6 },
  ];
}

/** RFC 2131 section 4.1 and RFC 8415 section 7.2; the offer comes from an address that no entry of the table expects. */
export function dhcpRules(): readonly Rule[] {
  return [
    {
      kind: 'plain',
      why: 'This machine gets its address by DHCP.',
      match: [
        { kind: 'source-port', protocol: 'udp', ports: { port: 67 } },
        { kind: 'destination-port', protocol: 'udp', ports: { port: 68 } },
      ],
      verdict: 'accept',
    },
    {
      kind: 'plain',
      match: [
        { kind: 'link-local-source' },
        { kind: 'source-port', protocol: 'udp', ports: { port: 547 } },
        { kind: 'destination-port', protocol: 'udp', ports: { port: 546 } },
      ],
      verdict: 'accept',
    },
  ];
}
