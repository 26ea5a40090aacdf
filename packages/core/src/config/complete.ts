// From what was read to the one frozen Config: paths absolute, overrides applied, every default filled in.
import { resolve } from 'node:path';
import type {
  AcmeConfig,
  Address,
  Config,
  HealthConfig,
  Limits,
  Listener,
  RequestLogConfig,
  RouteConfig,
  SiteConfig,
  TargetConfig,
  Timeouts,
  TlsSource,
  UpstreamConfig,
  UpstreamServer,
} from './types.ts';
import { acmeFile, certificateNames, completeAcme } from './complete/acme.ts';
import { completePolicy } from './complete/policy.ts';
import { completeRedis } from './complete/redis.ts';
import type { Overrides } from './overrides.ts';
import type { RootFrame } from './schema/root.ts';
import type { RouteInput } from './schema/route.ts';
import type { SiteFrame } from './schema/site.ts';
import type { PlacedSite } from './sites.ts';

export interface Context {
  /** Absolute path of the configuration file. */
  readonly file: string;
  /** What relative paths start from; absolute. */
  readonly directory: string;
  /** Where state is kept unless the file says so; absolute. */
  readonly stateDirectory: string;
  readonly overrides: Overrides;
}

/** Only what passed every check may be completed. */
export function completeConfig(frame: RootFrame, sites: readonly PlacedSite[], context: Context): Config {
  const { overrides, directory } = context;
  const limits = completeLimits(frame.limits);
  const listen = completeListeners(frame, context);
  const stateDirectory =
    frame.stateDirectory === undefined ? context.stateDirectory : resolve(directory, frame.stateDirectory);
  const acme = completeAcme(frame.acme, listen, stateDirectory, directory);
  const shared = { limits, directory, acme };
  return deepFreeze({
    file: context.file,
    listen,
    admin: completeAdmin(frame, directory),
    acme,
    workers: overrides.workers ?? frame.workers,
    proxyProtocol: frame.listen.proxyProtocol,
    trustedProxies: frame.trustedProxies,
    logLevel: overrides.logLevel ?? frame.logLevel,
    requestLog: completeRequestLog(frame.requestLog, context),
    stateDirectory,
    sheddingDelayMs: frame.shedding?.delay,
    redis: frame.redis && completeRedis(frame.redis, directory),
    limits,
    timeouts: completeTimeouts(frame.timeouts),
    sites: sites.flatMap((placed) => completeSite(placed, shared)),
    firewall: { ...frame.firewall, synPerSecond: frame.firewall.synPerSecond },
  });
}

export const completeAdmin = ({ admin }: RootFrame, directory: string): Config['admin'] =>
  admin && { ...admin, address: absolute(admin.address, directory) };

export function completeListeners(frame: RootFrame, { overrides, directory }: Context): readonly Listener[] {
  const of = (scheme: 'http' | 'https'): Listener[] => {
    const override = overrides[scheme];
    const addresses = override === undefined ? (frame.listen[scheme] ?? []) : [override];
    return addresses.map((address) => ({ scheme, address: absolute(address, directory) }));
  };
  return [...of('https'), ...of('http')];
}

function absolute(address: Address, directory: string): Address {
  return address.kind === 'unix' ? { kind: 'unix', path: resolve(directory, address.path) } : address;
}

function completeRequestLog(
  given: RootFrame['requestLog'],
  { overrides, directory }: Context,
): RequestLogConfig {
  const to =
    given.to === 'stdout' || given.to === 'journald' ? given.to : { file: resolve(directory, given.to) };
  return {
    mode: overrides.mode ?? given.mode,
    to: overrides.to ?? to,
    format: overrides.format ?? given.format,
    slowMs: given.slow,
    busyDelayMs: given.busyDelay,
  };
}

function completeLimits(given: RootFrame['limits']): Limits {
  return {
    headerBytes: given.header,
    headerCount: given.headerCount,
    targetBytes: given.target,
    bodyBytes: given.body,
    bodyBytesPerSecond: given.bodyRate,
    downloadBytesPerSecond: given.downloadRate,
    requestsPerConnection: given.requestsPerConnection,
    connections: given.connections,
    connectionsPerAddress: given.connectionsPerAddress ?? Number.MAX_SAFE_INTEGER,
    h2Streams: given.h2Streams,
    h2HeaderListBytes: given.h2HeaderList,
    h2ResetsPer10s: given.h2ResetsPer10s,
  };
}

function completeTimeouts(given: RootFrame['timeouts']): Timeouts {
  return {
    tlsHandshakeMs: given.tlsHandshake,
    requestHeaderMs: given.requestHeader,
    bodyIdleMs: given.bodyIdle,
    responseIdleMs: given.responseIdle,
    keepAliveMs: given.keepAlive,
    upstreamConnectMs: given.upstreamConnect,
    upstreamHeaderMs: given.upstreamHeader,
    upstreamIdleMs: given.upstreamIdle,
    tunnelIdleMs: given.tunnelIdle,
    drainMs: given.drain,
  };
}

/** What every site is completed with. */
interface Shared {
  readonly limits: Limits;
  readonly directory: string;
  readonly acme: AcmeConfig | undefined;
}

function completeSite({ frame, routes }: PlacedSite, { limits, directory, acme }: Shared): SiteConfig[] {
  if (frame === undefined) return [];
  return [
    {
      hosts: frame.hosts,
      tls: completeTls(frame, directory, acme),
      routes: routes.flatMap(({ given }) => completeRoute(given, frame, limits, directory)),
    },
  ];
}

function completeTls({ tls, hosts }: SiteFrame, directory: string, acme: AcmeConfig | undefined): TlsSource {
  if (tls.kind === 'self-signed') return tls;
  if (tls.kind === 'acme') {
    const names = certificateNames(hosts);
    return acme === undefined
      ? { kind: 'self-signed' }
      : { kind: 'acme', names, file: acmeFile(acme.room, names) };
  }
  return {
    kind: 'files',
    certificate: resolve(directory, tls.certificate),
    key: resolve(directory, tls.key),
  };
}

function completeRoute(given: RouteInput, site: SiteFrame, limits: Limits, directory: string): RouteConfig[] {
  const target = completeTarget(given, directory);
  if (target === undefined) return [];
  const bodyBytes = given.limits?.body ?? limits.bodyBytes;
  return [{ path: given.path, target, bodyBytes, policy: completePolicy(site, given, directory) }];
}

function completeTarget(given: RouteInput, directory: string): TargetConfig | undefined {
  const { app, upstream, files, redirect, respond } = given;
  if (app !== undefined) return { kind: 'app', module: resolve(directory, app) };
  if (upstream !== undefined) return { kind: 'upstream', upstream: completeUpstream(upstream, directory) };
  if (files !== undefined) {
    const { index, cacheControl, fallback } = files;
    return {
      kind: 'files',
      files: { directory: resolve(directory, files.directory), index, cacheControl, fallback },
    };
  }
  if (redirect !== undefined) return { kind: 'redirect', ...redirect };
  return respond === undefined ? undefined : { kind: 'respond', ...respond };
}

function completeUpstream(given: NonNullable<RouteInput['upstream']>, directory: string): UpstreamConfig {
  const { servers, engine, maxFails, keepAliveSockets, ca, serverName, host } = given;
  return {
    servers: servers.map((server) => completeServer(server, directory)),
    engine,
    balance:
      given.balance === 'hash'
        ? { kind: 'hash', by: given.hashBy ?? { from: 'address' } }
        : { kind: given.balance },
    slowStartMs: given.slowStart ?? 0,
    queue: { size: given.queue.size, waitMs: given.queue.wait },
    retries: given.retries,
    breaker: given.breaker && {
      share: given.breaker.share,
      overMs: given.breaker.over,
      least: given.breaker.least,
    },
    health: completeHealth(given.health),
    resolveMs: given.resolve,
    maxFails,
    failWindowMs: given.failWindow,
    // A connection that says whose it is belongs to nobody else.
    keepAliveSockets: given.proxyProtocol === undefined ? keepAliveSockets : 0,
    proxyProtocol: given.proxyProtocol,
    warm: given.warm,
    ca: ca === undefined ? undefined : resolve(directory, ca),
    serverName,
    host,
  };
}

function completeHealth(given: NonNullable<RouteInput['upstream']>['health']): HealthConfig | undefined {
  if (given === undefined) return undefined;
  const { host, path, interval, timeout, fall, rise, status } = given;
  return { host, path, intervalMs: interval, timeoutMs: timeout, fall, rise, statuses: status };
}

function completeServer(
  given: NonNullable<RouteInput['upstream']>['servers'][number],
  directory: string,
): UpstreamServer {
  const { url, weight, backup, maxConnections } = given;
  const { address } = url;
  return {
    ...url,
    address: address.kind === 'unix' ? { kind: 'unix', path: resolve(directory, address.path) } : address,
    weight,
    backup,
    maxConnections,
  };
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
