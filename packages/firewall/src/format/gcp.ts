// The policy as Google Cloud firewall rules (compute.firewalls resources); each rule has one IP family there.
import type { Policy } from '../policy/policy.ts';
import { providerRules, type ProviderRule } from './provider.ts';

export function toGcp(policy: Policy, network = 'default'): string {
  const rules = providerRules(policy).flatMap((rule) => familyRules(rule, network));
  return `${JSON.stringify([...rules, denyRest(network)], null, 2)}\n`;
}

function familyRules(rule: ProviderRule, network: string): readonly object[] {
  const four = rule.ipv4.length > 0 ? [allow(rule, 4, network)] : [];
  const six = rule.ipv6.length > 0 ? [allow(rule, 6, network)] : [];
  return [...four, ...six];
}

/** IPv6 knows ICMP by its number, 58. */
function allow(rule: ProviderRule, family: 4 | 6, network: string): object {
  const protocol = rule.protocol === 'icmp' && family === 6 ? '58' : rule.protocol;
  return {
    name: `tollgate-${rule.name}-ipv${family}`,
    network: `global/networks/${network}`,
    direction: 'INGRESS',
    priority: 1000,
    sourceRanges: family === 4 ? rule.ipv4 : rule.ipv6,
    targetTags: ['tollgate'],
    allowed: [{ IPProtocol: protocol, ...(rule.ports.length > 0 ? { ports: rule.ports.map(String) } : {}) }],
  };
}

/** The default network comes with rules that let ssh, RDP and ICMP in from anywhere, at priority 65534. */
const denyRest = (network: string): object => ({
  name: 'tollgate-deny-rest',
  network: `global/networks/${network}`,
  direction: 'INGRESS',
  priority: 65_000,
  sourceRanges: ['0.0.0.0/0'],
  targetTags: ['tollgate'],
  denied: [{ IPProtocol: 'all' }],
});
