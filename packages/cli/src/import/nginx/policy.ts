// What nginx says about every answer below a block: compression, fields, who may ask, sizes.
import { secondsIn, sizeOf } from './quantity.ts';
import { auth } from './auth.ts';
import { errorPages } from './errorPages.ts';
import { closed, CLOSED } from './guards.ts';
import { mistakesProxies } from './trust.ts';
import type { Ledger } from './ledger.ts';
import type { Values } from './output.ts';
import type { Scope } from './scope.ts';
import type { Directive } from './tree.ts';

type Part = (scope: Scope, ledger: Ledger) => Values;

export function policyOf(scope: Scope, ledger: Ledger): Values {
  const parts: readonly Part[] = [compression, fields, access, auth, closed, rate, errorPages, bodyLimit];
  return Object.assign({}, ...parts.map((part) => part(scope, ledger)));
}

function compression(scope: Scope, ledger: Ledger): Values {
  const gzip = scope.last('gzip');
  ledger.carried(gzip);
  if (gzip?.args[0] !== 'on') return {};
  const [types, least] = [scope.last('gzip_types'), scope.last('gzip_min_length')];
  ledger.carried(types, least);
  const listed = types?.args.filter((type) => type !== '*') ?? [];
  const minSize = least === undefined ? undefined : sizeOf(least.args[0] ?? '');
  if (listed.length === 0 && minSize === undefined) return { compress: true };
  return {
    compress: {
      // nginx compresses text/html whatever else is listed.
      ...(listed.length > 0 && { types: [...new Set(['text/html', ...listed])] }),
      ...(minSize !== undefined && { minSize }),
    },
  };
}

function fields(scope: Scope, ledger: Ledger): Values {
  const request = requestFields(scope, ledger);
  const response = answerFields(scope, ledger);
  const headers = { ...(request && { request }), ...(response && { response }) };
  return Object.keys(headers).length === 0 ? {} : { headers };
}

/** What Tollgate tells an upstream anyway, and nginx only when it is asked to. */
const TOLD =
  /^(?:x-forwarded-(?:for|proto|host)|forwarded|upgrade|connection|x-request-id|keep-alive|te|expect|content-length)$/;

/** Clients' own are never passed on. */
const STRIPPED =
  /^(?:x-forwarded-.*|x-real-ip|x-client-ip|true-client-ip|cf-connecting-ip|proxy|x-original-.*|.*_.*)$/;

function requestFields(scope: Scope, ledger: Ledger): Values | undefined {
  const set: Values = {};
  const remove: string[] = [];
  for (const line of scope.all('proxy_set_header')) {
    const [name = '', value = ''] = line.args;
    if (name.toLowerCase() === 'host') continue;
    if (TOLD.test(name.toLowerCase())) {
      ledger.needless(line, 'Tollgate tells upstreams who asks (X-Forwarded-*), and passes WebSockets on');
    } else if (value === '' && STRIPPED.test(name.toLowerCase()))
      ledger.needless(line, "clients' own are never passed on");
    else if (value === '') remove.push(name);
    else if (value.includes('$')) {
      ledger.left(line, whyLost(name));
      // What nginx wrote itself the upstream believes.
      if (!STRIPPED.test(name.toLowerCase())) remove.push(name);
    } else set[name] = value;
    ledger.carried(line);
  }
  return found({ set, remove });
}

const whyLost = (name: string): string =>
  /^x-(?:real-ip|client-ip)$/i.test(name)
    ? "the client's address is told in X-Forwarded-For and Forwarded alone: the app has to read it there"
    : 'a field is set to a fixed text; the upstream gets none, nor one that the client made up';

function answerFields(scope: Scope, ledger: Ledger): Values | undefined {
  const add: Values = {};
  for (const line of scope.all('add_header')) {
    const [name = '', value = ''] = line.args;
    if (value.includes('$')) ledger.left(line, 'a field is set to a fixed text');
    else add[name] = value;
    ledger.carried(line);
  }
  const hidden = scope.all('proxy_hide_header');
  ledger.carried(...hidden);
  return found({ add, remove: hidden.map(({ args }) => args[0] ?? '') });
}

function found(values: Readonly<Record<string, Values | string[]>>): Values | undefined {
  const some = Object.entries(values).filter(([, inner]) => Object.keys(inner).length > 0);
  return some.length === 0 ? undefined : Object.fromEntries(some);
}

const MISTAKEN =
  'the addresses are those that set_real_ip_from vouches for, and Tollgate has one list (trustedProxies) and X-Forwarded-For for all sites';

/** nginx takes the first rule that matches; one list and its opposite at the end is what Tollgate can say. */
function access(scope: Scope, ledger: Ledger): Values {
  const inherited = scope.all('allow', 'deny');
  // Who is in no rule comes in.
  if (inherited.every(({ name }) => name === 'allow')) {
    ledger.carried(...inherited);
    return {};
  }
  if (mistakesProxies(scope, ledger)) {
    for (const rule of inherited)
      ledger.left(rule, `${MISTAKEN}; until you write it and the list, nobody is let in`);
    return CLOSED;
  }
  const last = inherited.at(-1);
  const listed = inherited.slice(0, -1);
  const kinds = new Set(listed.map(({ name }) => name));
  const closes = last?.args[0] === 'all' && kinds.size <= 1 && !kinds.has(last.name);
  if (last?.name === 'deny' && closes) return entered(ledger, inherited, 'allow', listed);
  const denied = closes ? listed : inherited;
  if (denied.every(({ name, args }) => name === 'deny' && args[0] !== 'all'))
    return entered(ledger, inherited, 'deny', denied);
  for (const rule of inherited)
    ledger.left(
      rule,
      'rules in this order: Tollgate has one allow and one deny list; until you write them, nobody is let in',
    );
  return CLOSED;
}

function entered(
  ledger: Ledger,
  all: readonly Directive[],
  key: 'allow' | 'deny',
  listed: readonly Directive[],
): Values {
  ledger.carried(...all);
  if (listed.length === 0) return key === 'allow' ? { deny: ['any'] } : {};
  return { [key]: listed.map(({ args }) => args[0] ?? '').map((who) => (who === 'unix:' ? 'unix' : who)) };
}

/** nginx lets a burst wait; Tollgate answers it at once, and what is beyond it with 429. */
function rate(scope: Scope, ledger: Ledger): Values {
  const [line, ...more] = scope.all('limit_req');
  for (const other of more) ledger.left(other, 'a route has one rate limit');
  if (line === undefined) return {};
  const valueOf = (of: Directive, name: string): string =>
    of.args.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
  const zone = scope
    .all('limit_req_zone')
    .find((each) => valueOf(each, 'zone').split(':')[0] === valueOf(line, 'zone'));
  const [, requests, unit] = /^(\d+)r\/([sm])$/.exec(zone === undefined ? '' : valueOf(zone, 'rate')) ?? [];
  if (requests === undefined || !/^\$(?:binary_)?remote_addr$/.test(zone?.args[0] ?? '')) {
    ledger.left(line, "a rate is counted for each client's address");
    return {};
  }
  ledger.carried(line, zone);
  const per = unit === 's' ? '1s' : '1m';
  return { rateLimit: { requests: Number(requests), per, burst: Number(valueOf(line, 'burst') || '0') + 1 } };
}

function bodyLimit(scope: Scope, ledger: Ledger): Values {
  const line = scope.last('client_max_body_size');
  if (line === undefined) return {};
  ledger.carried(line);
  const size = line.args[0] === '0' ? 'unlimited' : sizeOf(line.args[0] ?? '');
  return size === undefined ? {} : { limits: { body: size } };
}

/** `expires` as a Cache-Control value (ngx_http_headers_filter_module.c). */
export function cacheControlOf(line: Directive | undefined): string | undefined {
  const [when = ''] = line?.args.filter((word) => word !== 'modified') ?? [];
  if (when === 'epoch' || when.startsWith('-')) return 'no-cache';
  if (when === 'max') return 'max-age=315360000';
  const seconds = secondsIn(when);
  return seconds === undefined ? undefined : `max-age=${seconds}`;
}
