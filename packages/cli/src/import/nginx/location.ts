// A `location` as routes: what answers there, and what holds for it.
import { cacheControlOf, policyOf } from './policy.ts';
import { redirectOf, rewriteOf } from './redirect.ts';
import { upstreamOf, type Pools } from './upstream.ts';
import type { Ledger } from './ledger.ts';
import type { OutRoute, Values } from './output.ts';
import type { Scope } from './scope.ts';
import type { Directive } from './tree.ts';

export interface Context {
  readonly ledger: Ledger;
  readonly pools: Pools;
  /** `location @name` blocks of the server. */
  readonly named: ReadonlyMap<string, Scope>;
}

/** `paths`: where the routes stand; an nginx prefix without a slash at its end becomes two. */
export function routesAt(paths: readonly string[], scope: Scope, context: Context): readonly OutRoute[] {
  const policy = policyOf(scope, context.ledger);
  return paths.flatMap((path) => {
    const target = targetAt(path, scope, context);
    if (target === undefined) return [];
    return [{ path, target, policy: { ...policy, ...pathPolicy(path, scope) }, notes: [] }];
  });
}

/** In the order in which nginx would find its answer. */
function targetAt(path: string, scope: Scope, context: Context): Values | undefined {
  const { ledger } = context;
  const [first] = scope.here('return');
  if (first !== undefined) return redirectOf(first, ledger);
  for (const line of scope.here('rewrite')) {
    const target = rewriteOf(line, path, ledger);
    if (target !== undefined) return target;
  }
  const [pass] = scope.here('proxy_pass');
  return pass === undefined ? filesAt(path, scope, context) : proxied(pass, scope, context);
}

/** Scheme, who is asked, and the path that stands for the location's own. */
const PASS = /^(https?):\/\/(unix:[^:]+:?|[^/$]+)(\/[^$]*)?$/;

/** What an upstream is asked for in place of the path that the client asked for. */
function pathPolicy(path: string, scope: Scope): Values {
  const [, , , uri] = PASS.exec(scope.here('proxy_pass')[0]?.args[0] ?? '') ?? [];
  if (uri === undefined || uri === path) return {};
  if (uri === '/' && path.endsWith('/')) return path === '/' ? {} : { stripPrefix: true };
  return { rewrite: [{ match: `^${path.replaceAll(/[.+*?()[\]{}|^$\\]/g, '\\$&')}(.*)$`, to: `${uri}$1` }] };
}

function proxied(pass: Directive, scope: Scope, { ledger, pools }: Context): Values | undefined {
  const [, scheme = '', authority = ''] = PASS.exec(pass.args[0] ?? '') ?? [];
  if (authority === '') {
    ledger.left(pass, 'an upstream is a fixed address, without variables');
    return undefined;
  }
  ledger.carried(pass);
  const upstream = upstreamOf(scheme, authority, pools, ledger);
  return { upstream: { ...upstream, ...hostOf(scope, ledger) } };
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

function filesAt(path: string, scope: Scope, context: Context): Values | undefined {
  const { ledger } = context;
  const [tries] = scope.here('try_files');
  const [last = ''] = tries?.args.slice(-1) ?? [];
  const other = last.startsWith('@') ? context.named.get(last) : undefined;
  if (other !== undefined) {
    ledger.left(tries, `files first, then ${last}: give the paths of the files a route of their own`);
    return targetAt(path, other, context);
  }
  const directory = directoryAt(path, scope, ledger);
  if (directory === undefined) return undefined;
  const fallback = fallbackOf(tries, ledger);
  const expires = scope.last('expires');
  const cacheControl = cacheControlOf(expires);
  const index = scope.last('index');
  ledger.carried(expires, index);
  return {
    files: {
      directory,
      ...(index !== undefined && { index: index.args.filter((name) => !name.startsWith('/')) }),
      ...(cacheControl !== undefined && { cacheControl }),
      ...(fallback !== undefined && { fallback }),
    },
  };
}

/** `alias` stands for the location's own path, `root` for what comes before it. */
function directoryAt(path: string, scope: Scope, ledger: Ledger): string | undefined {
  const [alias] = scope.here('alias');
  const root = scope.last('root');
  const given = alias ?? root;
  const [base] = given?.args ?? [];
  if (base === undefined || base.includes('$')) {
    ledger.left(given, 'a directory is a fixed path, without variables');
    return undefined;
  }
  ledger.carried(given);
  const own = path.slice(0, path.lastIndexOf('/') + 1);
  return alias === undefined ? `${base.replace(/\/$/, '')}${own}` : base;
}

function fallbackOf(line: Directive | undefined, ledger: Ledger): string | undefined {
  if (line === undefined) return undefined;
  const [last = '', ...first] = line.args.toReversed();
  ledger.carried(line);
  if (first.some((tried) => !/^\$uri\/?$/.test(tried)))
    ledger.left(line, 'a file is tried under its own name, then as a directory');
  if (last === '=404') return undefined;
  const [file = ''] = last.split('?');
  if (file.includes('$') || file.startsWith('=') || file.endsWith('.php')) {
    ledger.left(line, 'what answers in the end is one file, or 404');
    return undefined;
  }
  return file.replace(/^\//, '');
}
