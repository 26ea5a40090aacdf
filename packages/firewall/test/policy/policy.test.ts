import { describe, expect, it } from 'vitest';
import { policyFrom } from '../../src/index.ts';

const FIREWALL = {
  ssh: { port: 22, from: ['any'] },
  connectionTracking: 'web-untracked',
  extra: [],
  synPerSecond: undefined,
  dhcp: true,
  quic: false,
} as const;

describe('the policy', () => {
  it('opens the ports of the listeners that the world can reach, and of no other', () => {
    const { webPorts } = policyFrom({
      firewall: FIREWALL,
      listen: [
        { scheme: 'https', address: { kind: 'tcp', address: '0.0.0.0', port: 8443 } },
        { scheme: 'https', address: { kind: 'tcp', address: '::', port: 8443 } },
        { scheme: 'http', address: { kind: 'tcp', address: '127.0.0.1', port: 3000 } },
        { scheme: 'http', address: { kind: 'tcp', address: '::1', port: 3001 } },
        { scheme: 'http', address: { kind: 'unix', path: '/run/site.sock' } },
        { scheme: 'http', address: { kind: 'tcp', address: '::', port: 0 } },
        { scheme: 'http', address: { kind: 'systemd', name: 'http' } },
      ],
    });
    expect(webPorts).toEqual([80, 8443]);
  });

  it('opens udp on the https ports only when asked to', () => {
    const listen = [
      { scheme: 'https', address: { kind: 'tcp', address: '::', port: 443 } },
      { scheme: 'http', address: { kind: 'tcp', address: '::', port: 80 } },
    ] as const;
    expect(policyFrom({ firewall: FIREWALL, listen }).quicPorts).toEqual([]);
    expect(policyFrom({ firewall: { ...FIREWALL, quic: true }, listen }).quicPorts).toEqual([443]);
  });

  it('sorts sources by family; a list with any is everyone, an empty one is nobody', () => {
    const from = (list: readonly string[]) =>
      policyFrom({ listen: [], firewall: { ...FIREWALL, ssh: { port: 22, from: list } } }).ssh?.from;
    expect(from(['192.0.2.7', '10.0.0.0/8', '10.0.0.0/8', '2001:db8::/32', '::1/128'])).toEqual({
      kind: 'ranges',
      ipv4: ['192.0.2.7', '10.0.0.0/8'],
      ipv6: ['2001:db8::/32', '::1'],
    });
    expect(from(['10.0.0.1', 'any'])).toEqual({ kind: 'any' });
    expect(from([])).toEqual({ kind: 'ranges', ipv4: [], ipv6: [] });
  });

  it.each([
    'example.com',
    '10.0.0.0/33',
    '10.0.0',
    '::/129',
    '10.0.0.1/8/8',
    '',
    'fe80::1%eth0',
    '1.2.3.4; drop',
  ])('refuses the source %j, and names it', (source) => {
    expect(() =>
      policyFrom({ listen: [], firewall: { ...FIREWALL, ssh: { port: 22, from: [source] } } }),
    ).toThrow(`expected any, an IP address or a CIDR range, got ${JSON.stringify(source)}`);
  });
});
