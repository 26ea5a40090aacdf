// What the firewall is to allow, from the same configuration that the front serves.
import type { Config, ConnectionTracking, Listener } from '@tollgate/core';
import { type SourceList, sourceList } from './sources.ts';

export interface OpenPort {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  readonly from: SourceList;
}

export interface Policy {
  /** Ports of the listeners that the world may reach, ascending; open to everyone. */
  readonly webPorts: readonly number[];
  /** Also open udp on the https ports. */
  readonly quicPorts: readonly number[];
  readonly ssh: OpenPort | undefined;
  readonly extra: readonly OpenPort[];
  readonly connectionTracking: ConnectionTracking;
  /** New web connections a second that one source (an IPv4 address, an IPv6 /64) may open. */
  readonly synPerSecond: number | undefined;
  readonly dhcp: boolean;
}

/** Throws a TypeError that names the address when `from` holds what is neither `any`, an IP nor a CIDR. */
export function policyFrom(config: Pick<Config, 'listen' | 'firewall'>): Policy {
  const { firewall, listen } = config;
  const reachable = listen.flatMap(reachablePort);
  const httpsPorts = reachable.filter(({ scheme }) => scheme === 'https').map(({ port }) => port);
  return {
    webPorts: ascending(reachable.map(({ port }) => port)),
    quicPorts: firewall.quic ? ascending(httpsPorts) : [],
    ssh:
      firewall.ssh === undefined
        ? undefined
        : { protocol: 'tcp', port: firewall.ssh.port, from: sourceList(firewall.ssh.from) },
    extra: firewall.extra.map(({ protocol, port, from }) => ({ protocol, port, from: sourceList(from) })),
    connectionTracking: firewall.connectionTracking,
    synPerSecond: firewall.synPerSecond,
    dhcp: firewall.dhcp,
  };
}

/** Is the port open to somebody? */
export function isOpened(policy: Policy, protocol: 'tcp' | 'udp', port: number): boolean {
  if (protocol === 'tcp' && policy.webPorts.includes(port)) return true;
  if (protocol === 'udp' && policy.quicPorts.includes(port)) return true;
  const named = [...(policy.ssh === undefined ? [] : [policy.ssh]), ...policy.extra];
  return named.some((open) => open.protocol === protocol && open.port === port);
}

/** deploy/systemd hands over sockets for these; the port of an inherited socket is in no configuration. */
const INHERITED_PORT = { http: 80, https: 443 } as const;

function reachablePort({ scheme, address }: Listener): readonly { scheme: string; port: number }[] {
  if (address.kind === 'unix') return [];
  if (address.kind === 'systemd') return [{ scheme, port: INHERITED_PORT[scheme] }];
  // Port 0 is whatever the kernel gives: no rule can name it.
  if (address.port === 0 || isLoopback(address.address)) return [];
  return [{ scheme, port: address.port }];
}

const isLoopback = (address: string): boolean => address === '::1' || address.startsWith('127.');

const ascending = (ports: readonly number[]): readonly number[] => [...new Set(ports)].sort((a, b) => a - b);
