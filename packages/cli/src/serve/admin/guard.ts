// Who may ask the admin listener what. A web page in a browser on this machine can reach 127.0.0.1 too, so the address
// is no proof: DNS rebinding shows in Host, a cross-site request in Origin and Sec-Fetch-Site.
import { BlockList, isIP } from 'node:net';
import type { IncomingHttpHeaders } from 'node:http';

export interface AdminRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** `undefined` on a unix socket. */
  readonly peer: string | undefined;
}

/** What a probe from elsewhere (a load balancer, the kubelet) may ask when the listener is bound to the network. */
const PUBLIC_PATHS: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** The reason to refuse (403), or `undefined`. */
export function refusalOf({ path, headers, peer }: AdminRequest): string | undefined {
  if (PUBLIC_PATHS.has(path)) return undefined;
  // A unix socket is left to its permissions, unless a browser asks: somebody has forwarded a port to it.
  if (peer === undefined && !isOfBrowser(headers)) return undefined;
  if (peer !== undefined && !isLoopback(peer))
    return `only /healthz and /readyz are answered to other machines, got ${peer}`;
  if (!isLocalHost(headers.host)) return `expected Host localhost or a loopback address, got ${headers.host}`;
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

function isLocalHost(host: string | undefined): boolean {
  const name = host?.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return name === 'localhost' || (name !== undefined && isLoopback(name));
}

function isLoopback(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  return loopback.check(address, family === 6 ? 'ipv6' : 'ipv4');
}
