// Policies that several tests print, load and prove.
import type { ConnectionTracking } from '@tollgate/core';
import { type Policy, policyFrom } from '../../src/index.ts';

export const MODES: readonly ConnectionTracking[] = ['web-untracked', 'stateful', 'stateless'];

/** A site on 80 and 443, ssh from two ranges, one datagram service, DHCP, a limit on new connections. */
export function sitePolicy(connectionTracking: ConnectionTracking, change: Partial<Policy> = {}): Policy {
  const everywhere = { kind: 'tcp', address: '::' } as const;
  return {
    ...policyFrom({
      listen: [
        { scheme: 'https', address: { ...everywhere, port: 443 } },
        { scheme: 'http', address: { ...everywhere, port: 80 } },
      ],
      firewall: {
        ssh: { port: 22, from: ['192.0.2.0/24', '2001:db8::/32'] },
        connectionTracking,
        extra: [
          { port: 51_820, protocol: 'udp', from: ['any'] },
          { port: 5432, protocol: 'tcp', from: ['10.0.0.7'] },
        ],
        synPerSecond: 200,
        dhcp: true,
        quic: false,
      },
    }),
    ...change,
  };
}
