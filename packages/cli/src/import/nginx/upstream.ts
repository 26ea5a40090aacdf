// `upstream` blocks and the address of a `proxy_pass`: the servers of a pool, and whose turn it is.
import { durationOf } from './quantity.ts';
import type { Ledger } from './ledger.ts';
import type { Values } from './output.ts';
import type { Directive } from './tree.ts';

/** nginx believes any certificate. */
export const UPSTREAM_TLS =
  "The certificate of an https upstream is verified here, by the system's authorities or those in `ca`, for its host or `serverName`; nginx believed any.";

export type Pools = ReadonlyMap<string, Directive>;

export function poolsOf(http: readonly Directive[]): Pools {
  return new Map(http.filter(({ name }) => name === 'upstream').map((block) => [block.args[0] ?? '', block]));
}

/** `authority`: of the proxy_pass, a pool's name or an address. */
export function upstreamOf(scheme: string, authority: string, pools: Pools, ledger: Ledger): Values {
  const pool = pools.get(authority);
  if (pool === undefined) return { servers: [addressOf(scheme, authority)] };
  ledger.carried(pool);
  const lines = pool.block ?? [];
  const servers = lines
    .filter(({ name }) => name === 'server')
    .flatMap((line) => serverOf(scheme, line, ledger));
  return { servers, ...failuresOf(lines, ledger), ...choiceOf(lines, ledger) };
}

/** nginx's default port is 80, whatever the scheme of the proxy_pass. */
function addressOf(scheme: string, address: string): string {
  return address.startsWith('unix:') ? address.replace(/:$/, '') : `${scheme}://${address}`;
}

function serverOf(scheme: string, line: Directive, ledger: Ledger): readonly (string | Values)[] {
  const [address = '', ...flags] = line.args;
  if (flags.includes('down')) {
    ledger.needless(line, 'it is marked down');
    return [];
  }
  ledger.carried(line);
  const extra: Values = {};
  for (const flag of flags) {
    const [name = '', value = ''] = flag.split('=');
    if (name === 'weight') extra['weight'] = Number(value);
    else if (name === 'backup') extra['backup'] = true;
    else if (name === 'max_conns' && value !== '0') extra['maxConnections'] = Number(value);
    else if (name !== 'max_fails' && name !== 'fail_timeout' && name !== 'max_conns')
      ledger.left(line, `Tollgate has no "${name}" of a server`);
  }
  const url = addressOf(scheme, address);
  return [Object.keys(extra).length === 0 ? url : { url, ...extra }];
}

/** nginx says it for each server, Tollgate for all: the first that says anything counts. */
function failuresOf(lines: readonly Directive[], ledger: Ledger): Values {
  const values: Values = {};
  const servers = lines.filter(({ name, args }) => name === 'server' && !args.includes('down'));
  // The only one is asked all the same, here as there.
  for (const line of servers.length === 1 ? [] : servers) {
    const own = failuresOfServer(line, ledger);
    for (const [key, value] of Object.entries(own)) {
      values[key] ??= value;
      if (values[key] !== value)
        ledger.left(line, `${key} is one for all servers of an upstream, here ${String(values[key])}`);
    }
  }
  return values;
}

/** The nearest to never. */
const MOST_FAILS = 1000;

function failuresOfServer(line: Directive, ledger: Ledger): Values {
  const values: Values = {};
  for (const flag of line.args.slice(1)) {
    const [name, value = ''] = flag.split('=');
    const window = name === 'fail_timeout' ? durationOf(value) : undefined;
    if (name === 'max_fails') values['maxFails'] = value === '0' ? MOST_FAILS : Number(value);
    else if (window !== undefined) values['failWindow'] = window;
    if (flag === 'max_fails=0' || (name === 'fail_timeout' && window === undefined))
      ledger.left(
        line,
        `${flag}: a server that fails is left alone for a while, unless it is the only one; see maxFails and failWindow`,
      );
  }
  return values;
}

function choiceOf(lines: readonly Directive[], ledger: Ledger): Values {
  const values: Values = {};
  for (const line of lines) {
    const [first = ''] = line.args;
    if (line.name === 'least_conn') values['balance'] = 'least-connections';
    else if (line.name === 'ip_hash') Object.assign(values, { balance: 'hash', hashBy: 'address' });
    else if (line.name === 'hash') hashOf(line, first, values, ledger);
    else if (line.name === 'keepalive') values['keepAliveSockets'] = Number(first);
    else if (/^(?:zone|keepalive_requests|keepalive_time)$/.test(line.name)) {
      ledger.needless(line, 'Tollgate keeps this by itself');
      continue;
    } else if (line.name === 'keepalive_timeout') {
      ledger.left(line, 'timeouts.upstreamIdle says it, for all upstreams');
      continue;
    } else continue;
    ledger.carried(line);
  }
  return values;
}

function hashOf(line: Directive, key: string, values: Values, ledger: Ledger): void {
  const [, from, name = ''] = /^\$(cookie|http|remote_addr|binary_remote_addr)_?(\w*)$/.exec(key) ?? [];
  if (from === undefined) {
    ledger.left(line, 'hashBy takes the address, one cookie or one header');
    return;
  }
  const named = from === 'http' ? `header ${name.replaceAll('_', '-')}` : `cookie ${name}`;
  Object.assign(values, { balance: 'hash', hashBy: key.includes('remote_addr') ? 'address' : named });
}
