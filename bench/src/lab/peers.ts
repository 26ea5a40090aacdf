// Programs the laboratory cannot do without: looked for before anything is started, with the command that installs them.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Command -> Debian package. */
const PACKAGES: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  nft: 'nftables',
  conntrack: 'conntrack',
  nsenter: 'util-linux',
  unshare: 'util-linux',
  setpriv: 'util-linux',
  taskset: 'util-linux',
  prlimit: 'util-linux',
  'systemd-cat': 'systemd',
  nginx: 'nginx',
  haproxy: 'haproxy',
  caddy: 'caddy',
  h2load: 'nghttp2-client',
};

export const LAB_PROGRAMS = ['ip', 'nft', 'nsenter', 'unshare', 'setpriv', 'taskset'] as const;

/** Throws one error that names all that is missing and the command that brings it. */
export function requirePrograms(names: readonly string[]): void {
  const absent = names.filter((name) => !isInstalled(name));
  if (absent.length === 0) return;
  const packages = [...new Set(absent.map((name) => PACKAGES[name] ?? name))];
  throw new Error(`missing: ${absent.join(', ')}. Install with: apt-get install ${packages.join(' ')}`);
}

export const isInstalled = (name: string): boolean =>
  searchPath().some((place) => isExecutable(join(place, name)));

/** nft, ip and nginx lie where `su` and many service managers do not look. */
export function widenPath(): void {
  process.env['PATH'] = [...new Set([...searchPath(), '/usr/sbin', '/sbin'])].join(delimiter);
}

const searchPath = (): readonly string[] => (process.env['PATH'] ?? '').split(delimiter);

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Not there, or not for this user.
    return false;
  }
}
