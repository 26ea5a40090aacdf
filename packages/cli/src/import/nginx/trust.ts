// `set_real_ip_from`: who vouches for clients. What asks for an address means the client's, and not a proxy's.
import type { Ledger } from './ledger.ts';
import type { Values } from './output.ts';
import type { Scope } from './scope.ts';
import type { Directive } from './tree.ts';

const PLAIN = /^(?:unix:|[\d.]+(?:\/\d+)?|[\da-f.]*:[\da-f:.]*(?:\/\d+)?)$/i;

/** `servers`: all that are served. One list for all of them, and X-Forwarded-For, is what Tollgate can say. */
export function trustOf(servers: readonly Scope[], ledger: Ledger): Values {
  const said = new Set(
    servers.map((scope) => JSON.stringify(linesOf(scope).map(({ name, args }) => [name, args]))),
  );
  const [first] = servers;
  const lines = first === undefined ? [] : linesOf(first);
  const from = lines.filter(({ name }) => name === 'set_real_ip_from').map(({ args }) => args[0] ?? '');
  const header = lines.findLast(({ name }) => name === 'real_ip_header')?.args[0]?.toLowerCase();
  if (said.size !== 1 || from.length === 0 || header !== 'x-forwarded-for') return {};
  if (!from.every((address) => PLAIN.test(address))) return {};
  for (const scope of servers) ledger.carried(...linesOf(scope));
  return { trustedProxies: [...new Set(from.map((address) => address.replace(/^unix:$/, 'unix')))] };
}

function linesOf(scope: Scope): readonly Directive[] {
  return [...scope.all('set_real_ip_from'), ...scope.all('real_ip_header')];
}

/** Then every client of a proxy would come in by the proxy's address. */
export function mistakesProxies(scope: Scope, ledger: Ledger): boolean {
  return scope.all('set_real_ip_from').some((line) => ledger.of(line).fate !== 'carried');
}
