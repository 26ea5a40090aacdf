// The frozen, complete configuration that every package reads. The loader fills in each default; nobody else has any.
import type { PolicyConfig } from './policy.ts';

/**
 * Where a listener binds. `address` is an IP literal; `::` means every address of both families, and of IPv4 alone
 * where there is no IPv6. Port 0 asks the kernel for one.
 */
export interface TcpAddress {
  readonly kind: 'tcp';
  readonly address: string;
  readonly port: number;
}

/** A unix stream socket by absolute path. */
export interface UnixAddress {
  readonly kind: 'unix';
  readonly path: string;
}

/** A socket handed over by systemd (LISTEN_FDS), by its name in LISTEN_FDNAMES. */
export interface InheritedAddress {
  readonly kind: 'systemd';
  readonly name: string;
}

export type Address = TcpAddress | UnixAddress | InheritedAddress;

export interface AdminConfig {
  readonly address: Address;
  /** Who besides this machine reads /metrics, and nothing else; `undefined`: nobody. */
  readonly metrics: MetricsReaders | undefined;
}

export interface MetricsReaders {
  /** IP addresses and CIDRs. */
  readonly from: readonly string[];
  /** Names, lower case and without port, that Host may have besides an address. */
  readonly hosts: readonly string[];
}

export interface Listener {
  readonly scheme: 'http' | 'https';
  readonly address: Address;
}

export type RequestLogMode = 'off' | 'on' | 'errors' | 'auto';
export type RequestLogFormat = 'json' | 'combined';
/** `stdout`, `journald`, or an absolute file path. */
export type RequestLogDestination = 'stdout' | 'journald' | { readonly file: string };

export interface RequestLogConfig {
  readonly mode: RequestLogMode;
  readonly to: RequestLogDestination;
  readonly format: RequestLogFormat;
  /** A request slower than this is kept by `auto` whatever the load. */
  readonly slowMs: number;
  /** Event-loop delay (p99 of a second, ms) above which `auto` begins to shed. */
  readonly busyDelayMs: number;
}

export interface Limits {
  readonly headerBytes: number;
  readonly headerCount: number;
  readonly targetBytes: number;
  readonly bodyBytes: number;
  /** What a request body must average after its first 20 s; 0: no least rate. */
  readonly bodyBytesPerSecond: number;
  /** What a client must take on average after 20 s in which bytes waited for it; 0: no least rate. */
  readonly downloadBytesPerSecond: number;
  readonly requestsPerConnection: number;
  readonly connections: number;
  /** Of one address, or one /64 of IPv6; `Number.MAX_SAFE_INTEGER`: no limit. */
  readonly connectionsPerAddress: number;
  readonly h2Streams: number;
  readonly h2HeaderListBytes: number;
  /** Stream resets a client may cause in 10 s before its connection is closed (CVE-2023-44487). */
  readonly h2ResetsPer10s: number;
}

/** All in milliseconds. */
export interface Timeouts {
  readonly tlsHandshakeMs: number;
  readonly requestHeaderMs: number;
  readonly bodyIdleMs: number;
  readonly responseIdleMs: number;
  readonly keepAliveMs: number;
  readonly upstreamConnectMs: number;
  readonly upstreamHeaderMs: number;
  /** Longest idle time of a pooled upstream socket; the upstream's own `Keep-Alive: timeout=` can lower it. */
  readonly upstreamIdleMs: number;
  /** No bytes either way on an upgraded connection. */
  readonly tunnelIdleMs: number;
  readonly drainMs: number;
}

export type TlsSource =
  | { readonly kind: 'files'; readonly certificate: string; readonly key: string }
  | { readonly kind: 'self-signed' }
  | {
      readonly kind: 'acme';
      /** What a certificate is ordered for: the hosts without `*`, sorted. */
      readonly names: readonly string[];
      /** Where it is kept, key and chain in one PEM file; absolute. It need not be there yet. */
      readonly file: string;
    };

export type ChallengeKind = 'http-01' | 'tls-alpn-01';

/** The authority of `tls: acme` and the account there. */
export interface AcmeConfig {
  /** https address. */
  readonly directory: string;
  /** `mailto:` addresses. */
  readonly contacts: readonly string[];
  /** PEM file of authorities in place of the system's; absolute. */
  readonly ca: string | undefined;
  /** Those that a listener can answer, in order of preference. */
  readonly challenges: readonly ChallengeKind[];
  /** `key`: absolute path of a file in base64url. */
  readonly externalAccount: { readonly id: string; readonly key: string } | undefined;
  /** The directory that keeps everything of this authority; absolute. */
  readonly room: string;
}

export type Engine = 'http-proxy' | 'wire';

export interface UpstreamServer {
  readonly scheme: 'http' | 'https';
  readonly address: { readonly kind: 'tcp'; readonly host: string; readonly port: number } | UnixAddress;
  /** As the user wrote it; the name in logs. */
  readonly text: string;
  /** Its share of the requests, against the others'. */
  readonly weight: number;
  /** Asked only when every other server is out of use. */
  readonly backup: boolean;
  /** Requests and WebSockets under way at once, in one worker; `undefined`: any number. */
  readonly maxConnections: number | undefined;
}

/** What requests have in common that shall meet the same server. `name` is in lower case for a header. */
export type HashBy =
  | { readonly from: 'address' }
  | { readonly from: 'cookie'; readonly name: string }
  | { readonly from: 'header'; readonly name: string };

export type Balance =
  | { readonly kind: 'round-robin' }
  | { readonly kind: 'least-connections' }
  | { readonly kind: 'hash'; readonly by: HashBy };

/** How servers are asked whether they are well. Times in milliseconds. */
export interface HealthConfig {
  /** In the Host field; `undefined`: the server's own. */
  readonly host: string | undefined;
  readonly path: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Checks in a row that put a server out of use, and back. */
  readonly fall: number;
  readonly rise: number;
  /** Statuses of one that is well: from and to, both included. */
  readonly statuses: readonly (readonly [from: number, to: number])[];
}

/** A server that answers too many requests with errors is left alone as if it had not answered at all. */
export interface BreakerConfig {
  /** Of the answers, from 0 to 1. */
  readonly share: number;
  readonly overMs: number;
  /** Answers in that time, at least: a share of few says little. */
  readonly least: number;
}

export interface UpstreamConfig {
  readonly servers: readonly UpstreamServer[];
  readonly engine: Engine;
  readonly balance: Balance;
  /** How long a server that is back takes to get its whole share; 0: no time. */
  readonly slowStartMs: number;
  /** Requests that wait while every server has its `maxConnections`, and how long each may. */
  readonly queue: { readonly size: number; readonly waitMs: number };
  /** How often one request may be asked again, and for which share of all requests that may happen (0 to 1). */
  readonly retries: { readonly attempts: number; readonly budget: number };
  readonly breaker: BreakerConfig | undefined;
  readonly health: HealthConfig | undefined;
  /** How often names are looked up, each of their addresses a server of its own; `undefined`: at each connection. */
  readonly resolveMs: number | undefined;
  /** Failures in a row that mark a server, and how long it is left alone. */
  readonly maxFails: number;
  readonly failWindowMs: number;
  /** Tells each server who its client is, before everything else; connections are not reused then. */
  readonly proxyProtocol: 'v1' | 'v2' | undefined;
  /** Idle connections to each server that are made ahead of need while it is being asked. */
  readonly warm: number;
  /** Idle sockets kept per server. */
  readonly keepAliveSockets: number;
  /** For https servers: a PEM file of authorities in place of the system's. */
  readonly ca: string | undefined;
  /** For https servers: the name verified and sent as SNI in place of the server's host. */
  readonly serverName: string | undefined;
  /** Send the client's Host (the default), or the server's own. */
  readonly host: 'client' | 'upstream';
}

export interface FilesConfig {
  readonly directory: string;
  readonly index: readonly string[];
  readonly cacheControl: string | undefined;
  /** Below the directory; answers where there is no file of the name. */
  readonly fallback: string | undefined;
}

export type TargetConfig =
  | { readonly kind: 'app'; readonly module: string }
  | { readonly kind: 'upstream'; readonly upstream: UpstreamConfig }
  | { readonly kind: 'files'; readonly files: FilesConfig }
  | {
      readonly kind: 'redirect';
      readonly to: string;
      readonly status: 301 | 302 | 303 | 307 | 308;
      /** Appended to `to`: the request's path and query, or what follows the route's path. */
      readonly keepPath: 'off' | 'whole' | 'rest';
    }
  | {
      readonly kind: 'respond';
      readonly status: number;
      readonly headers: readonly (readonly [name: string, value: string])[];
      readonly body: string;
    };

export interface RouteConfig {
  /** `/` at its end: everything below; else this path only. `/` alone: everything. */
  readonly path: string;
  readonly target: TargetConfig;
  /** `Number.MAX_SAFE_INTEGER`: unlimited. */
  readonly bodyBytes: number;
  readonly policy: PolicyConfig;
}

export interface SiteConfig {
  /** Lower case, canonical: `example.com` or `*.example.com`; `*` answers for hosts no other site has. */
  readonly hosts: readonly string[];
  readonly tls: TlsSource;
  readonly routes: readonly RouteConfig[];
}

export type ConnectionTracking = 'web-untracked' | 'stateful' | 'stateless';

/** An address range (`any`, an IP or a CIDR) that a port is open to. */
export interface FirewallPort {
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  readonly from: readonly string[];
}

export interface FirewallConfig {
  readonly ssh: { readonly port: number; readonly from: readonly string[] } | undefined;
  readonly connectionTracking: ConnectionTracking;
  readonly extra: readonly FirewallPort[];
  /** New connections a second that one source may open; `undefined`: no limit. */
  readonly synPerSecond: number | undefined;
  readonly dhcp: boolean;
  readonly quic: boolean;
}

export interface RedisServer {
  readonly tls: boolean;
  readonly address: { readonly kind: 'tcp'; readonly host: string; readonly port: number } | UnixAddress;
  readonly database: number;
  /** As the user wrote it: without credentials. */
  readonly text: string;
}

/** Where limits are kept that several nodes share. */
export interface RedisConfig {
  readonly server: RedisServer;
  readonly user: string | undefined;
  /** Absolute. The password itself is never part of the configuration. */
  readonly passwordFile: string | undefined;
  /** Absolute: a PEM file of authorities in place of the system's. */
  readonly ca: string | undefined;
  /** Of every key. */
  readonly prefix: string;
  /** For an answer, at most. */
  readonly waitMs: number;
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

export interface Config {
  /** Absolute path of the file it came from. */
  readonly file: string;
  readonly listen: readonly Listener[];
  readonly admin: AdminConfig | undefined;
  readonly acme: AcmeConfig | undefined;
  readonly workers: number | 'auto';
  /** Peers of `trustedProxies` begin their connections with a PROXY header. */
  readonly proxyProtocol: boolean;
  readonly trustedProxies: readonly string[];
  readonly logLevel: LogLevel;
  readonly requestLog: RequestLogConfig;
  /** Where self-signed certificates and other state are kept; absolute. */
  readonly stateDirectory: string;
  /** Lateness of the event loop (ms) from which on requests are turned away; `undefined`: never. */
  readonly sheddingDelayMs: number | undefined;
  readonly redis: RedisConfig | undefined;
  readonly limits: Limits;
  readonly timeouts: Timeouts;
  readonly sites: readonly SiteConfig[];
  readonly firewall: FirewallConfig;
}
