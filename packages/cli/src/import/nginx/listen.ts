// `listen` and `server_name`: where connections come in, and for which hosts.
import type { Ledger } from './ledger.ts';
import type { Directive } from './tree.ts';

export interface Place {
  readonly address: string;
  readonly tls: boolean;
  readonly isDefault: boolean;
}

/** `ssl on;` is the old way to say it for all of a server. */
export function placesOf(server: readonly Directive[], ledger: Ledger): readonly Place[] {
  const lines = server.filter(({ name }) => name === 'listen');
  const allTls = server.some(({ name, args }) => name === 'ssl' && args[0] === 'on');
  const places = lines.flatMap((line) => placeOf(line, allTls, ledger));
  return lines.length === 0 ? [{ address: '80', tls: false, isDefault: false }] : places;
}

/** Both families: a port alone. */
const EVERYWHERE = /^(?:\*|0\.0\.0\.0|\[::\]):/;

function placeOf(line: Directive, allTls: boolean, ledger: Ledger): readonly Place[] {
  const [given = '', ...flags] = line.args;
  if (flags.includes('quic')) {
    ledger.left(line, 'HTTP/3 is not served');
    return [];
  }
  if (flags.includes('proxy_protocol')) ledger.left(line, 'see listen.proxyProtocol and trustedProxies');
  ledger.carried(line);
  const address = given.replace(EVERYWHERE, '').replace(/^localhost(?=:|$)/, '127.0.0.1');
  const bare = /^(?:\d+|unix:.*|.*:\d+)$/.test(address) ? address : withPort(address);
  return [
    {
      address: bare,
      tls: allTls || flags.includes('ssl'),
      isDefault: flags.includes('default_server') || flags.includes('default'),
    },
  ];
}

function withPort(address: string): string {
  return address === '*' || address === '0.0.0.0' || address === '[::]' ? '80' : `${address}:80`;
}

/** Where its own name is not asked for as well: nginx takes the first of an address that none is said to be it of. */
export function isDefaultSomewhere(
  server: { readonly places: readonly Place[] },
  all: readonly { readonly places: readonly Place[] }[],
): boolean {
  return server.places.some(({ address, isDefault }) => {
    if (isDefault) return true;
    const there = all.filter(({ places }) => places.some((place) => place.address === address));
    const said = there.some(({ places }) =>
      places.some((place) => place.address === address && place.isDefault),
    );
    return !said && there[0] === server;
  });
}

/** Names of its own; `_` and the like are those that nobody asks for. */
export function hostsOf(server: readonly Directive[], ledger: Ledger): string[] {
  const lines = server.filter(({ name }) => name === 'server_name');
  const hosts = lines.flatMap((line) => {
    ledger.carried(line);
    return line.args.flatMap((name) => hostOf(name, line, ledger));
  });
  return [...new Set(hosts)];
}

function hostOf(name: string, line: Directive, ledger: Ledger): readonly string[] {
  if (/^(?:_|""|-|--|!@#|)$/.test(name)) return [];
  if (name.startsWith('.')) return [name.slice(1), `*${name}`].map((host) => host.toLowerCase());
  const plain = /^(?:\*\.)?[^*~$]+$/.test(name);
  if (!plain) ledger.left(line, `"${name}": a host is a name, or *. and a name`);
  return plain ? [name.toLowerCase()] : [];
}
