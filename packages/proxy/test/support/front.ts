// A front for one test: configuration with short words, logs that remember, torn down when the test ends.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {
  Config,
  Limits,
  PolicyConfig,
  RouteConfig,
  SiteConfig,
  TargetConfig,
  Timeouts,
  UpstreamConfig,
  UpstreamServer,
} from '@tollgate/core';
import type { RequestRecord } from '@tollgate/log';
import { onTestFinished } from 'vitest';
import { createFront, type Front, type FrontOptions } from '../../src/front.ts';

export const LIMITS: Limits = {
  headerBytes: 16_384,
  headerCount: 100,
  targetBytes: 8192,
  bodyBytes: 10_485_760,
  bodyBytesPerSecond: 0,
  downloadBytesPerSecond: 0,
  requestsPerConnection: 1000,
  connections: 10_000,
  connectionsPerAddress: Number.MAX_SAFE_INTEGER,
  h2Streams: 100,
  h2HeaderListBytes: 32_768,
  h2ResetsPer10s: 200,
};

export const TIMEOUTS: Timeouts = {
  tlsHandshakeMs: 10_000,
  requestHeaderMs: 10_000,
  bodyIdleMs: 30_000,
  responseIdleMs: 60_000,
  keepAliveMs: 65_000,
  upstreamConnectMs: 3000,
  upstreamHeaderMs: 60_000,
  upstreamIdleMs: 4000,
  tunnelIdleMs: 60_000,
  drainMs: 5000,
};

export interface Wanted {
  readonly sites?: readonly SiteConfig[];
  readonly routes?: readonly RouteConfig[];
  readonly limits?: Partial<Limits>;
  readonly timeouts?: Partial<Timeouts>;
  readonly trustedProxies?: readonly string[];
  readonly proxyProtocol?: boolean;
  readonly sheddingDelayMs?: number;
  readonly listen?: Config['listen'];
  readonly ticketKeys?: Buffer;
  readonly lookup?: FrontOptions['lookup'];
}

export interface Running {
  readonly front: Front;
  readonly config: Config;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly records: RequestRecord[];
  /** Arguments of each call to the event log, at any level. */
  readonly events: unknown[][];
  /** Resolves with the first record, from now or before, that the test holds for. */
  record(wanted?: (record: RequestRecord) => boolean): Promise<RequestRecord>;
}

const LOOPBACK = '127.0.0.1';

export const route = (
  path: string,
  target: TargetConfig,
  bodyBytes = LIMITS.bodyBytes,
  policy: PolicyConfig = {},
): RouteConfig => ({ path, target, bodyBytes, policy });

/** A policy that changes nothing which a test would look at, and makes the exchanges of its route the full lane's. */
export const BY_FULL_LANE: PolicyConfig = {
  headers: {
    request: { set: [['X-Edited', '1']], remove: [] },
    response: { set: [], add: [], remove: [] },
    security: false,
  },
};

export const respond = (body: string, status = 200): TargetConfig => ({
  kind: 'respond',
  status,
  headers: [],
  body,
});

export function server(text: string, more: Partial<UpstreamServer> = {}): UpstreamServer {
  const alike = { text, weight: 1, backup: false, maxConnections: undefined, ...more };
  if (text.startsWith('unix:')) {
    return { scheme: 'http', address: { kind: 'unix', path: text.slice(5) }, ...alike };
  }
  const { protocol, hostname, port } = new URL(text);
  const scheme = protocol === 'https:' ? 'https' : 'http';
  return { scheme, address: { kind: 'tcp', host: hostname, port: Number(port) }, ...alike };
}

export const upstream = (
  servers: readonly (string | UpstreamServer)[],
  more: Partial<UpstreamConfig> = {},
): TargetConfig => ({ kind: 'upstream', upstream: upstreamConfig(servers, more) });

export const upstreamConfig = (
  servers: readonly (string | UpstreamServer)[],
  more: Partial<UpstreamConfig> = {},
): UpstreamConfig => ({
  servers: servers.map((one) => (typeof one === 'string' ? server(one) : one)),
  engine: 'http-proxy',
  balance: { kind: 'round-robin' },
  slowStartMs: 0,
  queue: { size: 100, waitMs: 5000 },
  retries: { attempts: 1, budget: 0.2 },
  breaker: undefined,
  health: undefined,
  resolveMs: undefined,
  proxyProtocol: undefined,
  warm: 0,
  maxFails: 3,
  failWindowMs: 10_000,
  keepAliveSockets: 64,
  ca: undefined,
  serverName: undefined,
  host: 'client',
  ...more,
});

export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'tollgate-proxy-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** One site for every host over http and https, both on loopback at ports of the kernel's choice. */
export function configOf(wanted: Wanted, stateDirectory = temporaryDirectory()): Config {
  const routes = wanted.routes ?? [route('/', respond('hello\n'))];
  return {
    file: join(stateDirectory, 'tollgate.yaml'),
    listen: wanted.listen ?? [
      { scheme: 'https', address: { kind: 'tcp', address: LOOPBACK, port: 0 } },
      { scheme: 'http', address: { kind: 'tcp', address: LOOPBACK, port: 0 } },
    ],
    admin: undefined,
    acme: undefined,
    workers: 1,
    proxyProtocol: wanted.proxyProtocol ?? false,
    trustedProxies: wanted.trustedProxies ?? [],
    logLevel: 'info',
    requestLog: { mode: 'on', to: 'stdout', format: 'json', slowMs: 1000, busyDelayMs: 50 },
    stateDirectory,
    sheddingDelayMs: wanted.sheddingDelayMs,
    redis: undefined,
    limits: { ...LIMITS, ...wanted.limits },
    timeouts: { ...TIMEOUTS, ...wanted.timeouts },
    sites: wanted.sites ?? [{ hosts: ['*'], tls: { kind: 'self-signed' }, routes }],
    firewall: {
      ssh: undefined,
      connectionTracking: 'stateful',
      extra: [],
      synPerSecond: undefined,
      dhcp: false,
      quic: false,
    },
  };
}

/** Plain http only, so that requests are not redirected: most tests are about what comes after TLS. */
export const plain = (wanted: Wanted = {}): Wanted => ({
  ...wanted,
  listen: [{ scheme: 'http', address: { kind: 'tcp', address: LOOPBACK, port: 0 } }],
});

/** One that was not started; it remembers nothing. */
export function newFront(wanted: Wanted): Front {
  const front = createFront({
    config: configOf(wanted),
    requestLog: {
      enabled: false,
      counters: { written: 0, dropped: 0, shed: 0, failedWrites: 0 },
      configure: () => undefined,
      write: () => undefined,
    },
    eventLog: { info: () => undefined, warn: () => undefined, error: () => undefined },
    inherited: new Map(),
    reusePort: false,
  });
  onTestFinished(() => front.close());
  return front;
}

export async function startFront(wanted: Wanted = {}, config = configOf(wanted)): Promise<Running> {
  const records: RequestRecord[] = [];
  const events: unknown[][] = [];
  const note = (...event: unknown[]): void => void events.push(event);
  const waiting = new Set<() => void>();
  const front = createFront({
    config,
    requestLog: {
      enabled: true,
      counters: { written: 0, dropped: 0, shed: 0, failedWrites: 0 },
      configure: () => undefined,
      write: (record) => {
        records.push(record);
        for (const look of waiting) look();
      },
    },
    eventLog: { info: note, warn: note, error: note },
    inherited: new Map(),
    reusePort: false,
    ...(wanted.ticketKeys !== undefined && { ticketKeys: wanted.ticketKeys }),
    ...(wanted.lookup !== undefined && { lookup: wanted.lookup }),
  });
  onTestFinished(() => front.close());
  const bound = await front.listen();
  const portOf = (scheme: string): number => bound.find((at) => at.scheme === scheme)?.port ?? 0;
  return {
    front,
    config,
    httpPort: portOf('http'),
    httpsPort: portOf('https'),
    records,
    events,
    record: (wants = () => true) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = records.find((record) => wants(record));
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
  };
}
