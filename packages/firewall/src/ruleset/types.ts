// The ruleset as data: what is matched, in which order, with what end. Formats print it; nothing else holds rules as text.

/** A kind of packet by one property. Several in a rule must all hold. */
export type Match =
  | { readonly kind: 'enters-by-loopback' }
  | { readonly kind: 'leaves-by-loopback' }
  | {
      readonly kind: 'source-port' | 'destination-port';
      readonly protocol: 'tcp' | 'udp';
      readonly ports: Ports;
    }
  /** A range such as the ephemeral ports. */
  | { readonly kind: 'destination-ports-from'; readonly protocol: 'udp'; readonly low: number }
  /** Addressed to this host, not routed through it. */
  | { readonly kind: 'for-this-host' }
  | { readonly kind: 'addressed-to'; readonly family: 4 | 6; readonly set: string }
  | { readonly kind: 'source-in'; readonly family: 4 | 6; readonly set: string }
  | { readonly kind: 'link-local-source' }
  /** A SYN without ACK: an attempt to open. `false`: anything later in a connection's life. */
  | { readonly kind: 'opens-connection'; readonly opens: boolean }
  | { readonly kind: 'icmp'; readonly types: readonly Icmp4Type[] }
  | { readonly kind: 'icmp6'; readonly types: readonly Icmp6Type[] }
  /** Never routed: RFC 4861 section 6.1. */
  | { readonly kind: 'hop-limit-255' }
  | { readonly kind: 'tracked-as'; readonly state: 'established' }
  /** The datagram's own socket is bound to its exact address: it answers something this host asked. */
  | { readonly kind: 'answers-a-bound-socket' }
  | {
      readonly kind: 'at-most';
      readonly count: number;
      readonly per: 'second' | 'minute';
      readonly burst: number;
    }
  /** More new connections a second from one source than allowed. */
  | {
      readonly kind: 'source-exceeds';
      readonly family: 4 | 6;
      readonly set: string;
      readonly perSecond: number;
    };

export type Ports =
  | { readonly set: 'web' | 'quic' }
  | { readonly port: number }
  | { readonly list: readonly number[] };

type Icmp4Type =
  | 'destination-unreachable'
  | 'time-exceeded'
  | 'parameter-problem'
  | 'echo-request'
  | 'echo-reply';

type Icmp6Type =
  | Icmp4Type
  | 'packet-too-big'
  | 'nd-router-solicit'
  | 'nd-router-advert'
  | 'nd-neighbor-solicit'
  | 'nd-neighbor-advert'
  | 'mld-listener-query'
  | 'mld-listener-report'
  | 'mld-listener-done'
  | 'mld2-listener-report';

export type Verdict = 'accept' | 'drop' | 'untrack' | 'log' | { readonly goto: string };

export type Rule =
  | {
      readonly kind: 'plain';
      readonly match: readonly Match[];
      readonly verdict: Verdict;
      /** Name of the counter that sees what this rule catches. */
      readonly counter?: CounterName;
      /** The destination is remembered in this set, so that the next packet need not ask again. */
      readonly learns?: { readonly family: 4 | 6; readonly set: string };
      readonly why?: string;
    }
  /** One look at the connection's state: established and related pass, invalid goes to the chain of that name. */
  | { readonly kind: 'by-state'; readonly why?: string }
  /** One look at the protocol for where to go. */
  | {
      readonly kind: 'by-protocol';
      readonly goto: readonly (readonly [protocol: 'icmp' | 'ipv6-icmp', chain: string])[];
      readonly why?: string;
    };

export const COUNTERS = {
  'web-connections': 'attempts to open a web connection that were let in',
  'syn-limited': 'attempts dropped because their source opened too many',
  'echo-limited': 'pings dropped above the limit',
  invalid: 'packets that belong to no connection',
  dropped: 'everything else that was dropped',
} as const;
export type CounterName = keyof typeof COUNTERS;
export const COUNTER_NAMES: readonly CounterName[] = [
  'web-connections',
  'syn-limited',
  'echo-limited',
  'invalid',
  'dropped',
];

export interface Chain {
  readonly name: string;
  /** Absent: reached by goto only. */
  readonly hook?: {
    readonly hook: 'prerouting' | 'output' | 'input';
    readonly priority: 'raw' | 'filter';
    readonly policy: 'accept' | 'drop';
  };
  /** Reached from a raw chain: iptables keeps it in that table. */
  readonly raw?: true;
  readonly rules: readonly Rule[];
}

export type NamedSet =
  | {
      readonly kind: 'ports';
      readonly name: string;
      readonly elements: readonly number[];
      readonly why: string;
    }
  | {
      readonly kind: 'ranges';
      readonly name: string;
      readonly family: 4 | 6;
      readonly elements: readonly string[];
      readonly why: string;
    }
  /** Filled by packets: who opened connections lately, or which addresses are this host's. */
  | {
      readonly kind: 'sources' | 'destinations';
      readonly name: string;
      readonly family: 4 | 6;
      readonly why: string;
    };

export interface Ruleset {
  readonly table: 'tollgate';
  readonly counters: readonly CounterName[];
  readonly sets: readonly NamedSet[];
  readonly chains: readonly Chain[];
}
