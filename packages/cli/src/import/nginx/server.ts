// `server` blocks as sites: those that share a name are one site, as a site answers on every listener.
import { routesAt } from './location.ts';
import type { Context } from './place.ts';
import { locationOf, routesIn } from './locations.ts';
import { hostsOf, isDefaultSomewhere, placesOf, type Place } from './listen.ts';
import { conditions } from './conditions.ts';
import { guardNotes } from './guards.ts';
import { keptIn } from './reach.ts';
import { serverRewrites } from './serverRewrites.ts';
import { Scope } from './scope.ts';
import { shielded } from './shield.ts';
import { trustOf } from './trust.ts';
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

interface Shared {
  readonly ledger: Ledger;
  readonly pools: Pools;
  readonly output: Output;
  readonly hasTls: boolean;
}

/** With TLS first: what is served without it is redirected there. */
export function addSites(http: readonly Directive[], pools: Pools, output: Output, ledger: Ledger): void {
  const all = http.filter(({ name }) => name === 'server').map((line) => readServer(line, ledger));
  const kept = keptIn(all);
  for (const [{ line }, where] of kept)
    ledger.left(
      line,
      `it listens at ${where} alone, and a site answers on every listener: serve it by a Tollgate of its own`,
    );
  const servers = all.filter((server) => !kept.has(server)).map((server) => named(server, all));
  for (const { places } of servers)
    for (const { address, tls } of places) output.listen[tls ? 'https' : 'http'].add(address);
  const shared: Shared = { ledger, pools, output, hasTls: output.listen.https.size > 0 };
  const outer = new Scope(http);
  const answering = servers.filter(({ own }) => !own.some(({ name }) => name === 'return'));
  Object.assign(
    output.root,
    trustOf(
      answering.map(({ own }) => new Scope(own, outer)),
      ledger,
    ),
  );
  for (const server of [...servers.filter(isTls), ...servers.filter((one) => !isTls(one))]) {
    if (shared.hasTls && !isTls(server) && onlyRedirects(server, ledger)) continue;
    addSite(server, outer, shared);
  }
  noteDefault(servers, output);
}

function readServer(line: Directive, ledger: Ledger): Server {
  const own = line.block ?? [];
  ledger.carried(line);
  return { line, own, places: placesOf(own, ledger), hosts: hostsOf(own, ledger) };
}

/** The default of an address answers for every name when it is said to be, or has none itself. */
function named(server: Server, all: readonly Server[]): Server {
  const isSaid = server.places.some(({ isDefault }) => isDefault);
  const isNameless = server.hosts.length === 0 && isDefaultSomewhere(server, all);
  return isSaid || isNameless ? { ...server, hosts: [...server.hosts, '*'] } : server;
}

/** Which nginx gave to the first server, without a word about it. */
function noteDefault(servers: readonly Server[], output: Output): void {
  const [first] = servers;
  if (output.sites.some(({ hosts }) => hosts.some((host) => host.startsWith('*.'))))
    output.differences.add('*.example.com is one more label here; in nginx it is any number of them.');
  if (first === undefined || output.sites.some(({ hosts }) => hosts.includes('*'))) return;
  const { file, line } = first.line;
  output.differences.add(
    `Hosts that no site names get 421. nginx gave them to the first server of an address (${file}:${line}); for that, add "*" to the hosts of a site.`,
  );
}

const isTls = ({ places }: Server): boolean => places.some(({ tls }) => tls);

/** To https, whatever was asked: Tollgate does this for every site. */
function onlyRedirects({ own }: Server, ledger: Ledger): boolean {
  const returns = own.flatMap((line) => (line.name === 'if' ? (line.block ?? []) : [line])).filter(toHttps);
  const locations = own.filter(({ name }) => name === 'location');
  const serves = locations.filter(({ args, block }) => {
    const isAcme = args.some((word) => word.includes('acme-challenge'));
    return !isAcme && !(block ?? []).some(toHttps);
  });
  const all = [...returns, ...locations.flatMap(({ block }) => (block ?? []).filter(toHttps))];
  if (all.length === 0 || serves.length > 0 || own.some(({ name }) => name === 'proxy_pass')) return false;
  for (const line of own) ledger.needless(line, 'http is redirected to https, with 308');
  return true;
}

function toHttps({ name, args }: Directive): boolean {
  return (
    /^(?:return|rewrite)$/.test(name) &&
    args.some((word) => /^https:\/\/\$(?:host|server_name|http_host)/.test(word))
  );
}

const isRedirect = ({ name, args }: Directive): boolean =>
  name === 'return' &&
  /^30[1278]$/.test(args[0] ?? '') &&
  /^https:\/\/[^$]*\$request_uri$/.test(args[1] ?? '');

function addSite(server: Server, outer: Scope, shared: Shared): void {
  const { ledger, output, hasTls } = shared;
  const hosts = server.hosts.filter((host) => !output.sites.some((site) => site.hosts.includes(host)));
  if (hosts.length === 0) {
    const why =
      server.hosts.length === 0
        ? 'it has no host that a site could have'
        : `another server has ${server.hosts.join(', ')}; sites are told apart by their hosts alone`;
    if (hasTls && !isTls(server) && server.own.some(isRedirect))
      for (const line of server.own)
        ledger.needless(line, 'http is redirected to https, where another server says the rest');
    else ledger.left(server.line, why);
    return;
  }
  const scope = new Scope(server.own, outer);
  const site: OutSite = { hosts, tls: certificateOf(scope, ledger), routes: [], notes: guardNotes(scope) };
  if (hasTls && !isTls(server))
    site.notes.push(
      'It was served without TLS; now http is redirected to https, with a certificate that no browser believes: see tls.',
    );
  site.routes.push(...sorted(shielded(routesOf(scope, shared))));
  if (site.routes.length > 0) output.sites.push(site);
}

function certificateOf(scope: Scope, ledger: Ledger): OutSite['tls'] {
  const [certificate, key] = [scope.last('ssl_certificate'), scope.last('ssl_certificate_key')];
  ledger.carried(certificate, key);
  if (certificate === undefined || key === undefined) return 'self-signed';
  return { certificate: certificate.args[0], key: key.args[0] };
}

function routesOf(scope: Scope, { pools, ledger, output, hasTls }: Shared): readonly OutRoute[] {
  const named = new Map(
    scope.here('location').flatMap((line) => {
      const { path } = locationOf(line);
      if (!path.startsWith('@')) return [];
      ledger.carried(line);
      return [[path, new Scope(line.block ?? [], scope)] as const];
    }),
  );
  const scheme = hasTls ? 'https' : 'http';
  const context: Context = { pools, ledger, named, scheme, differences: output.differences };
  const whole = wholeOf(scope, context);
  if (whole !== undefined) return whole;
  const first = serverRewrites(scope, context);
  const always = [...conditions(scope, ledger), ...first.withheld];
  const { routes, withheld } = routesIn(scope, context, { always, around: [] });
  const all = [...first.routes, ...routes];
  if (all.some(({ path }) => path === '/')) return all;
  return [...all, ...routesAt({ ...REST, scope, withheld }, context)];
}

/** What no location is for. */
const REST = { paths: ['/'], prefix: undefined, took: undefined, rank: 4, notes: [] } as const;

/** A `return` of the server comes before all of its locations. */
function wholeOf(scope: Scope, context: Context): readonly OutRoute[] | undefined {
  if (scope.here('return').length === 0) return undefined;
  for (const line of scope.here('location'))
    context.ledger.needless(line, 'the server returns before it looks');
  return routesAt({ ...REST, scope, prefix: '/', withheld: [] }, context);
}

/** Tollgate takes the longest path, wherever it stands; people read from the special to the general. */
function sorted(routes: readonly OutRoute[]): readonly OutRoute[] {
  const seen = new Set<string>();
  return routes
    .toSorted((a, b) => (a.rank ?? 0) - (b.rank ?? 0))
    .filter(({ path }) => !seen.has(path) && seen.add(path))
    .toSorted((a, b) => b.path.length - a.path.length);
}
