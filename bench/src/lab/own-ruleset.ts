// Tollgate's own ruleset for the level `notrack`: what `tollgate firewall print` renders for a site on the lab's ports.
import { buildRuleset, policyFrom, toNft } from '@tollgate/firewall';
import { WEB_PORTS } from './firewall.ts';

const LISTEN = WEB_PORTS.map((port) => ({
  scheme: port === 80 || port === 8080 ? 'http' : 'https',
  address: { kind: 'tcp', address: '0.0.0.0', port },
})) satisfies Parameters<typeof policyFrom>[0]['listen'];

export function ownRuleset(): string {
  const policy = policyFrom({
    listen: LISTEN,
    firewall: {
      ssh: { port: 22, from: ['any'] },
      connectionTracking: 'web-untracked',
      extra: [],
      synPerSecond: undefined,
      dhcp: false,
      quic: false,
    },
  });
  return toNft(buildRuleset(policy));
}
