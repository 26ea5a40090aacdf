// What nginx says for the whole server: workers, time-outs, the request log.
import { durationOf, secondsIn } from './quantity.ts';
import { Scope } from './scope.ts';
import type { Ledger } from './ledger.ts';
import type { Values } from './output.ts';
import type { Directive } from './tree.ts';

/** `main`: the whole tree; `http`: the block. */
export function rootOf(main: readonly Directive[], http: Scope, ledger: Ledger): Values {
  const timeouts = timeoutsOf(main, ledger);
  return {
    ...workersOf(new Scope(main).last('worker_processes'), ledger),
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

/** Tollgate has one of each for all sites: the longest, wherever it is said. */
function timeoutsOf(main: readonly Directive[], ledger: Ledger): Values {
  const values: Values = {};
  for (const [name, key] of Object.entries(TIMEOUTS)) {
    const lines = everywhere(main, name).flatMap((line) => {
      const [text = ''] = line.args;
      const duration = durationOf(text);
      if (duration === undefined) ledger.left(line, `timeouts.${key} is from 1ms to 24h`);
      return duration === undefined ? [] : [{ line, duration, seconds: secondsIn(text) ?? 0 }];
    });
    const [longest] = lines.toSorted((a, b) => b.seconds - a.seconds);
    if (longest === undefined) continue;
    values[key] = longest.duration;
    for (const { line, duration } of lines) {
      if (duration === longest.duration) ledger.carried(line);
      else ledger.left(line, `timeouts.${key} is one for all routes, here the longest that is said`);
    }
  }
  return values;
}

/** Those of an upstream are its connections', not its requests'. */
function everywhere(directives: readonly Directive[], wanted: string): readonly Directive[] {
  return directives.flatMap((line) => {
    if (line.name === wanted) return [line];
    return line.name === 'upstream' ? [] : everywhere(line.block ?? [], wanted);
  });
}
