// The policy as the body of Linode's cloud firewall API (PUT /networking/firewalls/ID/rules).
import type { Policy } from '../policy/policy.ts';
import { providerRules, type ProviderRule } from './provider.ts';

export function toLinode(policy: Policy): string {
  const body = {
    inbound_policy: 'DROP',
    outbound_policy: 'ACCEPT',
    inbound: providerRules(policy).map(inboundRule),
    outbound: [],
  };
  return `${JSON.stringify(body, null, 2)}\n`;
}

/** Labels are 3 to 32 characters; ICMP has no ports. */
const inboundRule = ({ name, protocol, ports, ipv4, ipv6 }: ProviderRule): object => ({
  label: `tollgate-${name}`,
  action: 'ACCEPT',
  protocol: protocol.toUpperCase(),
  ...(ports.length > 0 ? { ports: ports.join(', ') } : {}),
  addresses: {
    ...(ipv4.length > 0 ? { ipv4 } : {}),
    ...(ipv6.length > 0 ? { ipv6 } : {}),
  },
});
