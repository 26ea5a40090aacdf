// What nginx says for the whole server: workers, time-outs, the request log.
import { durationOf } from './quantity.ts';
import type { Ledger } from './ledger.ts';
import type { Values } from './output.ts';
import type { Scope } from './scope.ts';
import type { Directive } from './tree.ts';

/** `main`: the top of the file; `http`: the block. */
export function rootOf(main: Scope, http: Scope, ledger: Ledger): Values {
  const timeouts = timeoutsOf(http, ledger);
  return {
    ...workersOf(main.last('worker_processes'), ledger),
    ...requestLogOf(http.last('access_log'), ledger),
    ...(Object.keys(timeouts).length > 0 && { timeouts }),
  };
}

function workersOf(line: Directive | undefined, ledger: Ledger): Values {
  ledger.carried(line);
  const [given = '1'] = line?.args ?? [];
  if (given === 'auto') return { workers: 'auto' };
  return given === '1' ? {} : { workers: Number(given) };
}

function requestLogOf(line: Directive | undefined, ledger: Ledger): Values {
  if (line === undefined) return {};
  ledger.carried(line);
  const [to = '', format = 'combined'] = line.args;
  if (to === 'off') return { requestLog: 'off' };
  if (/^syslog:|\$|^\/dev\/std/.test(to)) {
    if (!to.startsWith('/dev/std')) ledger.left(line, 'the request log goes to stdout, journald or one file');
    return { requestLog: { mode: 'on', to: 'stdout', format: 'combined' } };
  }
  if (format !== 'combined') ledger.left(line, `the format is combined or json, not ${format}`);
  return { requestLog: { mode: 'on', to, format: 'combined' } };
}

const TIMEOUTS: Readonly<Record<string, string>> = {
  keepalive_timeout: 'keepAlive',
  client_header_timeout: 'requestHeader',
  client_body_timeout: 'bodyIdle',
  send_timeout: 'responseIdle',
  proxy_connect_timeout: 'upstreamConnect',
  proxy_read_timeout: 'upstreamHeader',
};

/** Tollgate has one of each for all sites. */
function timeoutsOf(http: Scope, ledger: Ledger): Values {
  const values: Values = {};
  for (const [name, key] of Object.entries(TIMEOUTS)) {
    const [line] = http.here(name);
    const duration = durationOf(line?.args[0] ?? '');
    if (line === undefined || duration === undefined) continue;
    values[key] = duration;
    ledger.carried(line);
  }
  return values;
}
