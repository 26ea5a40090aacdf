// A packet as rules see it: enough of its headers to walk a ruleset without sending it.

type TcpFlag = 'syn' | 'ack';
export type State = 'new' | 'established' | 'related' | 'invalid' | 'untracked';

export interface Packet {
  readonly family: 4 | 6;
  readonly interface: string;
  readonly protocol: 'tcp' | 'udp' | 'icmp' | 'ipv6-icmp';
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly flags: readonly TcpFlag[];
  readonly icmpType: string | undefined;
  readonly hopLimit: number;
  readonly state: State;
  /** Addressed to this host, not routed through it. */
  readonly local: boolean;
  /** Its addresses are in every list; a stranger's are in none. */
  readonly listed: boolean;
}

/** From nobody in particular: an address that is in no list, an ephemeral port that no rule names. */
const STRANGER = {
  family: 4,
  interface: 'eth0',
  sourcePort: 51_234,
  destinationPort: 0,
  flags: [],
  icmpType: undefined,
  hopLimit: 60,
  state: 'new',
  local: true,
  listed: false,
} as const;

export const tcpOpening = (destinationPort: number, change: Partial<Packet> = {}): Packet => ({
  ...STRANGER,
  protocol: 'tcp',
  destinationPort,
  flags: ['syn'],
  ...change,
});

/** Anything after the opening. */
export const tcpLater = (destinationPort: number, change: Partial<Packet> = {}): Packet =>
  tcpOpening(destinationPort, { flags: ['ack'], state: 'established', ...change });

export const datagram = (destinationPort: number, change: Partial<Packet> = {}): Packet => ({
  ...STRANGER,
  protocol: 'udp',
  destinationPort,
  ...change,
});

export const icmp = (family: 4 | 6, icmpType: string, change: Partial<Packet> = {}): Packet => ({
  ...STRANGER,
  family,
  protocol: family === 4 ? 'icmp' : 'ipv6-icmp',
  icmpType,
  ...change,
});
