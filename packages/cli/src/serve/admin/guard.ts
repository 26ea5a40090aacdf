// Who may ask the admin listener what. A web page in a browser on this machine can reach 127.0.0.1 too, so the address
// is no proof: DNS rebinding shows in Host, a cross-site request in Origin and Sec-Fetch-Site. Who else may read /metrics
// (`admin.metrics`) gets nothing but that.
import { BlockList, isIP } from 'node:net';
import type { IncomingHttpHeaders } from 'node:http';
import { compileTrust, type MetricsReaders, plainAddress } from '@tollgate/core';

export interface AdminRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** `undefined` on a unix socket. */
  readonly peer: string | undefined;
  /** As configured; `undefined`: nobody. */
  readonly readers: MetricsReaders | undefined;
}

/** What a probe from elsewhere (a load balancer, the kubelet) may ask when the listener is bound to the network. */
const PUBLIC_PATHS: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** The reason to refuse (403), or `undefined`. */
export function refusalOf(request: AdminRequest): string | undefined {
  const { path, headers, peer } = request;
  if (PUBLIC_PATHS.has(path)) return undefined;
  const readers = path === '/metrics' ? request.readers : undefined;
  // A unix socket is left to its permissions, unless a browser asks: somebody has forwarded a port to it.
  if (peer === undefined && !isOfBrowser(headers)) return undefined;
  if (peer !== undefined && !isLoopback(peer) && !isReader(peer, readers)) return refusalOfPeer(path, peer);
  if (!isLocalHost(headers.host) && !isHostOfReaders(headers.host, readers))
    return refusalOfHost(headers.host, readers);
  // The live page's own: Host is local, so its origin is this listener and no rebound name.
  if (headers.origin !== undefined && headers.origin !== `http://${headers.host}`)
    return 'requests of other web pages are refused (Origin)';
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'none' && site !== 'same-origin') {
    return 'requests of other sites are refused (Sec-Fetch-Site)';
  }
  return undefined;
}

function isOfBrowser(headers: IncomingHttpHeaders): boolean {
  return headers.origin !== undefined || headers['sec-fetch-site'] !== undefined;
}

function refusalOfPeer(path: string, peer: string): string {
  const advice = path === '/metrics' ? '; admin.metrics.from names who else reads /metrics' : '';
  return `only /healthz and /readyz are answered to other machines, got ${peer}${advice}`;
}

function refusalOfHost(host: string | undefined, readers: MetricsReaders | undefined): string {
  const others = readers === undefined ? '' : ', any address, or a name in admin.metrics.hosts';
  return `expected Host localhost or a loopback address${others}, got ${host}`;
}

/** Asked a few times a minute: not worth a table that a reload has to change. */
function isReader(peer: string, readers: MetricsReaders | undefined): boolean {
  return readers !== undefined && compileTrust(readers.from)(plainAddress(peer) ?? '');
}

/** Whoever asks by an address has not looked up a name that somebody else could change. */
function isHostOfReaders(host: string | undefined, readers: MetricsReaders | undefined): boolean {
  const name = nameIn(host);
  if (readers === undefined || name === undefined) return false;
  return isIP(name) !== 0 || readers.hosts.includes(name.toLowerCase());
}

function nameIn(host: string | undefined): string | undefined {
  return host?.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
}

function isLocalHost(host: string | undefined): boolean {
  const name = nameIn(host);
  return name === 'localhost' || (name !== undefined && isLoopback(name));
}

function isLoopback(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  return loopback.check(address, family === 6 ? 'ipv6' : 'ipv4');
}
