// Who asks for what a location took in nginx must not get it from the route around it: by a name that only begins alike,
// or in a spelling that the router takes for another path and the upstream does not.
import { guardKeys } from './guards.ts';
import { isRecord, type OutRoute, type Values } from './output.ts';

export function shielded(routes: readonly OutRoute[]): readonly OutRoute[] {
  return routes.map((route) => {
    const patterns = routes.flatMap((inner) => (isExposed(inner, route) ? [inner.took ?? ''] : []));
    if (patterns.length === 0) return route;
    const former = route.policy['withhold'];
    const withhold = [...new Set([...(Array.isArray(former) ? former : []), ...patterns])];
    return { ...route, policy: { ...route.policy, withhold } };
  });
}

/** By `route`, were it not for this. */
function isExposed(inner: OutRoute, route: OutRoute): boolean {
  const { took, path } = inner;
  if (took === undefined || !route.path.endsWith('/') || route.path === path) return false;
  if (!path.startsWith(route.path)) return false;
  if ('upstream' in route.target) return isGuarded(inner, route);
  // Names of files have one spelling.
  if (!('files' in route.target) || /[/$]$/.test(took)) return false;
  return isGuarded(inner, route) || !isSameDirectory(inner, route);
}

function isGuarded({ policy, target }: OutRoute, route: OutRoute): boolean {
  const own = guardKeys(policy);
  return refuses(target) || (own !== '{}' && own !== guardKeys(route.policy));
}

const refuses = ({ respond }: Values): boolean => isRecord(respond) && Number(respond['status']) >= 400;

/** The file of a name is the same by either route. */
function isSameDirectory(inner: OutRoute, route: OutRoute): boolean {
  const below = inner.path.slice(route.path.length, inner.path.lastIndexOf('/') + 1);
  return directoryOf(inner) === `${directoryOf(route)}${below}`;
}

function directoryOf({ target: { files } }: OutRoute): string {
  return isRecord(files) ? `${String(files['directory']).replace(/\/$/, '')}/` : '';
}
