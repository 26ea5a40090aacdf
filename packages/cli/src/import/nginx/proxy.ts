// `proxy_pass`: who is asked, for which path, and under which name.
import { escaped } from './patterns.ts';
import { UPSTREAM_TLS, upstreamOf } from './upstream.ts';
import type { Context } from './place.ts';
import type { Ledger } from './ledger.ts';
import type { Values } from './output.ts';
import type { Scope } from './scope.ts';
import type { Directive } from './tree.ts';

/** Scheme, who is asked, and the path that stands for the location's own. */
const PASS = /^(https?):\/\/(unix:[^:]+:?|[^/$]+)(\/[^$]*)?$/;

/** `prefix`: of the location. */
export function replacementRules(pass: Directive, prefix: string): readonly { match: string; to: string }[] {
  const [, , , uri] = PASS.exec(pass.args[0] ?? '') ?? [];
  if (uri === undefined || uri === prefix) return [];
  return [{ match: `^${escaped(prefix)}(.*)$`, to: `${uri}$1` }];
}

export function proxied(pass: Directive, scope: Scope, context: Context): Values | undefined {
  const { ledger, pools, differences } = context;
  const [, scheme = '', authority = '', uri] = PASS.exec(pass.args[0] ?? '') ?? [];
  if (authority === '') {
    ledger.left(pass, 'an upstream is a fixed address, without variables; until you write it, 403');
    return undefined;
  }
  ledger.carried(pass);
  const upstream = upstreamOf(scheme, authority, pools, ledger);
  const host = hostOf(scope, ledger);
  if (isOwnPlace(scope, uri, host)) differences.add(LOCATION);
  const tls = scheme === 'https' ? verification(scope, context) : {};
  return { upstream: { ...upstream, ...tls, ...host } };
}

const LOCATION =
  'Location of an answer is passed on as the upstream wrote it (nginx: proxy_redirect default). An app that redirects to its own address has to be told of the public one, or to redirect to a path.';

/** Then nginx puts the client's place in the stead of the upstream's. */
function isOwnPlace(scope: Scope, uri: string | undefined, host: Values): boolean {
  const off = scope.last('proxy_redirect')?.args[0] === 'off';
  return !off && ((uri ?? '/') !== '/' || 'host' in host);
}

/** nginx asks for the upstream's own name unless it is told to pass the client's on. */
function hostOf(scope: Scope, ledger: Ledger): Values {
  const line = scope.all('proxy_set_header').find(({ args }) => args[0]?.toLowerCase() === 'host');
  const value = line?.args[1] ?? '$proxy_host';
  ledger.carried(line);
  if (value === '$proxy_host') return { host: 'upstream' };
  if (!/^\$(?:host|http_host)(?::\$(?:server_port|port))?$/.test(value))
    ledger.left(line, "Host is the client's or the upstream's own");
  return {};
}

/** nginx believes any certificate unless it is told to look. */
function verification(scope: Scope, { ledger, differences }: Context): Values {
  const [ca, name] = [scope.last('proxy_ssl_trusted_certificate'), scope.last('proxy_ssl_name')];
  const verify = scope.last('proxy_ssl_verify');
  if (verify?.args[0] === 'on') ledger.carried(verify);
  else {
    if (verify !== undefined) ledger.left(verify, 'an https upstream is verified always');
    differences.add(UPSTREAM_TLS);
  }
  const serverName = name?.args[0];
  ledger.carried(ca, ...(serverName?.includes('$') === false ? [name] : []));
  return {
    ...(ca !== undefined && { ca: ca.args[0] }),
    ...(serverName?.includes('$') === false && { serverName }),
  };
}
