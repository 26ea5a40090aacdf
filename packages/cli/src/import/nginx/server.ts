// `server` blocks as sites: those that share a name are one site, as a site answers on every listener.
import { routesAt, type Context } from './location.ts';
import { hostsOf, placesOf, type Place } from './listen.ts';
import { policyOf } from './policy.ts';
import { redirectOf } from './redirect.ts';
import { Scope } from './scope.ts';
import type { Ledger } from './ledger.ts';
import type { Output, OutRoute, OutSite } from './output.ts';
import type { Pools } from './upstream.ts';
import type { Directive } from './tree.ts';

interface Server {
  readonly line: Directive;
  readonly own: readonly Directive[];
  readonly places: readonly Place[];
  readonly hosts: string[];
}

/** With TLS first: what is served without it is redirected there. */
export function addSites(http: readonly Directive[], pools: Pools, output: Output, ledger: Ledger): void {
  const servers = http.filter(({ name }) => name === 'server').map((line) => readServer(line, ledger));
  for (const { places } of servers)
    for (const { address, tls } of places) output.listen[tls ? 'https' : 'http'].add(address);
  const outer = new Scope(http);
  const hasTls = output.listen.https.size > 0;
  const ordered = [...servers.filter(isTls), ...servers.filter((server) => !isTls(server))];
  for (const server of ordered) {
    if (hasTls && !isTls(server) && onlyRedirects(server, ledger)) continue;
    addSite(server, outer, { pools, ledger }, output, hasTls);
  }
}

function readServer(line: Directive, ledger: Ledger): Server {
  const own = line.block ?? [];
  const places = placesOf(own, ledger);
  ledger.carried(line);
  return {
    line,
    own,
    places,
    hosts: hostsOf(
      own,
      places.some(({ isDefault }) => isDefault),
      ledger,
    ),
  };
}

const isTls = ({ places }: Server): boolean => places.some(({ tls }) => tls);

/** To https, whatever was asked: Tollgate does this for every site. */
function onlyRedirects({ own }: Server, ledger: Ledger): boolean {
  const returns = own.flatMap((line) => (line.name === 'if' ? (line.block ?? []) : [line])).filter(toHttps);
  const others = own.filter(({ name }) => name === 'location' || name === 'proxy_pass' || name === 'root');
  const serves = others.filter(({ args }) => !args.some((word) => word.includes('acme-challenge')));
  if (returns.length === 0 || serves.some(({ name }) => name !== 'root')) return false;
  for (const line of own) ledger.needless(line, 'http is redirected to https, with 308');
  return true;
}

function toHttps({ name, args }: Directive): boolean {
  return name === 'return' && args.some((word) => /^https:\/\/\$(?:host|server_name|http_host)/.test(word));
}

function addSite(
  server: Server,
  outer: Scope,
  shared: Omit<Context, 'named'>,
  output: Output,
  hasTls: boolean,
): void {
  const { ledger } = shared;
  const hosts = server.hosts.filter((host) => !output.sites.some((site) => site.hosts.includes(host)));
  if (hosts.length === 0) {
    ledger.left(
      server.line,
      `another server has ${server.hosts.join(', ')}; sites are told apart by their hosts alone`,
    );
    return;
  }
  const scope = new Scope(server.own, outer);
  const site: OutSite = { hosts, tls: certificateOf(scope, ledger), routes: [], notes: [] };
  if (hasTls && !isTls(server))
    site.notes.push('It was served without TLS; now http is redirected to https.');
  site.routes.push(...sorted(routesOf(scope, shared)));
  if (site.routes.length > 0) output.sites.push(site);
}

function certificateOf(scope: Scope, ledger: Ledger): OutSite['tls'] {
  const [certificate, key] = [scope.last('ssl_certificate'), scope.last('ssl_certificate_key')];
  ledger.carried(certificate, key);
  if (certificate === undefined || key === undefined) return 'self-signed';
  return { certificate: certificate.args[0], key: key.args[0] };
}

function routesOf(scope: Scope, { pools, ledger }: Omit<Context, 'named'>): readonly OutRoute[] {
  const [whole] = scope.here('return');
  if (whole !== undefined) {
    const target = redirectOf(whole, ledger);
    return target === undefined ? [] : [{ path: '/', target, policy: policyOf(scope, ledger), notes: [] }];
  }
  const locations = scope.here('location');
  const named = new Map(
    locations.filter(isNamed).map((line) => {
      ledger.carried(line);
      return [line.args[0] ?? '', new Scope(line.block ?? [], scope)];
    }),
  );
  const context: Context = { pools, ledger, named };
  const routes = locations.flatMap((line) => locatedRoutes(line, scope, context));
  const has = (path: string): boolean => routes.some((route) => route.path === path);
  return has('/') ? routes : [...routes, ...routesAt(['/'], scope, context)];
}

const isNamed = ({ args }: Directive): boolean => args[0]?.startsWith('@') === true;

/** A prefix that ends in a slash is what a route is; `=` is one path; another prefix is taken as whole segments. */
function locatedRoutes(line: Directive, outer: Scope, context: Context): readonly OutRoute[] {
  const { ledger } = context;
  const [first = '', second] = line.args;
  const [modifier, path] = second === undefined ? ['', first] : [first, second];
  if (isNamed(line)) return [];
  ledger.carried(line);
  if (modifier === '~' || modifier === '~*') return leftRegex(line, path, ledger);
  if (modifier === '=' && path === '/') {
    ledger.left(line, 'a route for / alone does not exist: / is everything');
    return [];
  }
  const scope = new Scope(line.block ?? [], outer);
  const isPartial = modifier !== '=' && !path.endsWith('/');
  const nested = scope.here('location').flatMap((inner) => locatedRoutes(inner, scope, context));
  const routes = routesAt(isPartial ? [path, `${path}/`] : [path], scope, context);
  if (isPartial)
    routes[0]?.notes.push(
      `${line.file}:${line.line}: nginx took ${path}... for ${path} too; a route is whole segments.`,
    );
  return [...routes, ...nested];
}

/** Hidden files are never served: the rule for them that everybody has is not needed. */
function leftRegex(line: Directive, pattern: string, ledger: Ledger): readonly OutRoute[] {
  const denies = (line.block ?? []).some(({ name, args }) => name === 'deny' && args[0] === 'all');
  if (denies && /^\^?\/?\\?\/?\\?\.(?!\*)/.test(pattern)) {
    for (const each of [line, ...(line.block ?? [])])
      ledger.needless(each, 'files whose name begins with a dot are not served');
  } else {
    ledger.left(line, 'a route is a path, not a pattern');
  }
  return [];
}

/** Tollgate takes the longest path, wherever it stands; people read from the special to the general. */
function sorted(routes: readonly OutRoute[]): readonly OutRoute[] {
  const seen = new Set<string>();
  return routes
    .filter(({ path }) => !seen.has(path) && seen.add(path))
    .toSorted((a, b) => b.path.length - a.path.length);
}
