// What every provider's firewall is asked: which ports, from where. They track connections themselves and answer ICMP errors.
import type { OpenPort, Policy } from '../policy/policy.ts';
import type { SourceList } from '../policy/sources.ts';

export interface ProviderRule {
  /** Letters, digits and hyphens, so that every provider takes it. */
  readonly name: string;
  readonly protocol: 'tcp' | 'udp' | 'icmp';
  readonly ports: readonly number[];
  readonly ipv4: readonly string[];
  readonly ipv6: readonly string[];
}

const EVERYONE = { ipv4: ['0.0.0.0/0'], ipv6: ['::/0'] } as const;

export function providerRules(policy: Policy): readonly ProviderRule[] {
  const web: readonly ProviderRule[] =
    policy.webPorts.length === 0
      ? []
      : [{ name: 'web', protocol: 'tcp', ports: policy.webPorts, ...EVERYONE }];
  const quic: readonly ProviderRule[] =
    policy.quicPorts.length === 0
      ? []
      : [{ name: 'quic', protocol: 'udp', ports: policy.quicPorts, ...EVERYONE }];
  const ssh = policy.ssh === undefined ? [] : [named('ssh', policy.ssh)];
  const extra = policy.extra.map((port) => named(`${port.protocol}-${port.port}`, port));
  const icmp: ProviderRule = { name: 'icmp', protocol: 'icmp', ports: [], ...EVERYONE };
  const all = [...web, ...quic, ...ssh, ...extra, icmp];
  // A port that is open to nobody is a rule with no source, which some providers read as everyone.
  return all.filter((rule) => rule.ipv4.length + rule.ipv6.length > 0);
}

const named = (name: string, port: OpenPort): ProviderRule => ({
  name,
  protocol: port.protocol,
  ports: [port.port],
  ...ranges(port.from),
});

function ranges(from: SourceList): Pick<ProviderRule, 'ipv4' | 'ipv6'> {
  if (from.kind === 'any') return EVERYONE;
  return { ipv4: from.ipv4.map(withLength(32)), ipv6: from.ipv6.map(withLength(128)) };
}

/** Providers want a range even of one address. */
const withLength =
  (bits: number) =>
  (address: string): string =>
    address.includes('/') ? address : `${address}/${bits}`;
