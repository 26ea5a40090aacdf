// The Tollgate configuration as text: YAML, with a comment for each line of the nginx file that is not in it.
import { Document, isCollection, isMap, isNode, isPair, visit, type YAMLMap, type YAMLSeq } from 'yaml';
import type { Output, OutRoute, OutSite, Values } from './output.ts';

export function writeYaml(output: Output): string {
  const document = new Document(valuesOf(output), { aliasDuplicateObjects: false });
  document.commentBefore = output.notes.map((line) => (line === '' ? '' : ` ${line}`)).join('\n');
  visit(document, {
    Collection(_key, node, path) {
      // A list of sites or routes stays one, however short.
      if (path.length > 1 && !hasMaps(node) && JSON.stringify(node).length < LINE_LENGTH) node.flow = true;
    },
  });
  for (const [index, site] of output.sites.entries()) {
    comment(document, ['sites', index], site.notes);
    for (const [at, { notes }] of site.routes.entries())
      comment(document, ['sites', index, 'routes', at], notes);
  }
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

function valuesOf({ listen, root, sites }: Output): Values {
  const limits = sharedLimits(sites);
  const one = (places: ReadonlySet<string>): unknown => {
    const all = [...places].map((place) => (/^\d+$/.test(place) ? Number(place) : place));
    return all.length === 1 ? all[0] : all;
  };
  return {
    listen: {
      ...(listen.https.size > 0 && { https: one(listen.https) }),
      ...(listen.http.size > 0 && { http: one(listen.http) }),
    },
    ...root,
    ...(limits !== undefined && { limits }),
    sites: sites.map((site) => siteValues(site, limits)),
  };
}

/** What every route says alike is said once, for the site. */
function siteValues({ hosts, tls, routes }: OutSite, limits: unknown): Values {
  const shared = sharedPolicy(routes);
  const said = new Set([...Object.keys(shared), ...(limits === undefined ? [] : ['limits'])]);
  return {
    hosts,
    tls,
    ...shared,
    routes: routes.map(({ path, target, policy }) => ({
      path,
      ...target,
      ...Object.fromEntries(Object.entries(policy).filter(([key]) => !said.has(key))),
    })),
  };
}

/** The limits that every route of every site has. */
function sharedLimits(sites: readonly OutSite[]): unknown {
  const all = sites.flatMap(({ routes }) => routes.map(({ policy }) => policy['limits']));
  return new Set(all.map((limits) => JSON.stringify(limits))).size === 1 ? all[0] : undefined;
}

/** `limits` of a site do not exist. */
function sharedPolicy(routes: readonly OutRoute[]): Values {
  const [first, ...rest] = routes;
  const entries = Object.entries(first?.policy ?? {}).filter(([key, value]) => {
    const text = JSON.stringify(value);
    return key !== 'limits' && rest.every(({ policy }) => JSON.stringify(policy[key]) === text);
  });
  return Object.fromEntries(entries);
}

function comment(document: Document, at: readonly unknown[], notes: readonly string[]): void {
  const node: unknown = document.getIn(at, true);
  if (isNode(node) && notes.length > 0) node.commentBefore = notes.map((note) => ` ${note}`).join('\n');
}

const LINE_LENGTH = 90;

/** Two levels in one line are as much as an eye takes in. */
function hasMaps(node: YAMLMap | YAMLSeq): boolean {
  const inner = node.items.map((item) => (isPair(item) ? item.value : item));
  return inner.some((value) => isMap(value) && value.items.some((pair) => isCollection(pair.value)));
}
