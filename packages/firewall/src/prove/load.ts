// How a ruleset gets into the server of the bed: as nft text, or as the files for iptables with the commands that stand in them.
import type { IptablesFiles } from '../format/iptables.ts';
import type { Namespace } from './namespace.ts';

interface Loaded {
  readonly ok: boolean;
  /** What the program complained of. */
  readonly message: string;
}

/** May be asked again: loading a second time is a row of the matrix. */
export type Load = (server: Namespace) => Loaded;

export const byNft =
  (text: string): Load =>
  (server) =>
    server.run('nft', ['-f', '-'], text);

export const byIptables =
  ({ ipv4, ipv6 }: IptablesFiles): Load =>
  (server) => {
    const four = restore(server, ipv4);
    return four.ok ? restore(server, ipv6) : four;
  };

/** Word for word what the file tells its reader to type. */
function restore(server: Namespace, text: string): Loaded {
  const [, load = 'false'] = /^# Load: (.* < FILE);/m.exec(text) ?? [];
  const hooks = [...text.matchAll(/^# {3}(.*)$/gm)].map(([, command]) => command ?? '');
  // iptables-restore opens its input by name, which a socket, as Node's pipes are, does not allow.
  const loading = `cat | ${load.replace('< FILE', '/dev/stdin')}`;
  return server.run('sh', ['-ec', [loading, ...hooks].join('\n')], text);
}
