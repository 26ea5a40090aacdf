// `listen`: where connections come in. An address is read here for `admin` too.
import { isIP } from 'node:net';
import * as z from 'zod';
import type { Address } from '../types.ts';
import { mapping, oneOrMany, toggle } from './mapping.ts';

export const EXPECTED = 'a port (1-65535), address:port, unix:/path or systemd:NAME';

/** A port alone binds both IPv6 and IPv4: the listener falls back to IPv4 where there is no IPv6. */
const EVERY_ADDRESS = '::';

/** Longest path of a unix socket, without the closing NUL (sun_path in linux/un.h). */
const MAX_UNIX_PATH = 107;

/** `portMeans`: the address of a port that is written alone. */
export const addressOr = (expected: string, portMeans: string) =>
  z
    .union([z.number(), z.string()], { error: `expected ${expected}` })
    .transform((given, context): Address => {
      const parsed = parseAddress(String(given), portMeans);
      if (parsed !== undefined) return parsed;
      context.issues.push({ code: 'custom', message: `expected ${expected}`, input: given });
      return z.NEVER;
    });

const address = addressOr(EXPECTED, EVERY_ADDRESS);

export const listen = mapping('where to listen', {
  https: oneOrMany(`${EXPECTED}, or a list of them`, address)
    .optional()
    .describe(
      'TLS listeners: a port (0: any free one), address:port, [::]:443, unix:/path, systemd:NAME, or a list.',
    ),
  http: oneOrMany(`${EXPECTED}, or a list of them`, address)
    .optional()
    .describe(
      'Plain listeners. With https beside them they redirect to it (308); alone they serve the sites.',
    ),
  proxyProtocol: toggle
    .prefault(false)
    .describe(
      'on: a peer in trustedProxies begins each connection with a PROXY header (version 1 or 2), or is closed; any other peer is served as itself. A header that names nobody (UNKNOWN, LOCAL) leaves the peer as the client, trusted as ever.',
    ),
});

/** `undefined` when it is no address. A unix path stays as written; port 0 asks the kernel for one. */
export function parseAddress(text: string, portMeans = EVERY_ADDRESS): Address | undefined {
  if (text.startsWith('unix:')) return unixAddress(text.slice(5));
  if (text.startsWith('systemd:')) {
    const name = text.slice(8);
    return /^[\w.@-]{1,255}$/.test(name) ? { kind: 'systemd', name } : undefined;
  }
  const colon = text.lastIndexOf(':');
  const host = colon < 0 ? portMeans : text.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  const digits = text.slice(colon + 1);
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : -1;
  const bracketed = text.startsWith('[');
  if (isIP(host) === 0 || port < 0 || port > 65_535 || (colon >= 0 && host.includes(':') !== bracketed)) {
    return undefined;
  }
  return { kind: 'tcp', address: host, port };
}

function unixAddress(path: string): Address | undefined {
  const fits = path !== '' && Buffer.byteLength(path) <= MAX_UNIX_PATH && !path.includes('\0');
  return fits ? { kind: 'unix', path } : undefined;
}
