// Who asks for what a guarded location took in nginx must not get it from the route around: by a name that only begins
// alike, or in a spelling that the router takes for another path and the upstream does not.
import { guardKeys } from './guards.ts';
import type { OutRoute } from './output.ts';

export function shielded(routes: readonly OutRoute[]): readonly OutRoute[] {
  return routes.map((route) => {
    const patterns = routes.flatMap((guarded) => (isExposed(guarded, route) ? [guarded.took ?? ''] : []));
    if (patterns.length === 0) return route;
    const former = route.policy['withhold'];
    const withhold = [...new Set([...(Array.isArray(former) ? former : []), ...patterns])];
    return { ...route, policy: { ...route.policy, withhold } };
  });
}

/** By `route`, were it not for this. */
function isExposed(guarded: OutRoute, route: OutRoute): boolean {
  if (guarded.took === undefined || !route.path.endsWith('/') || route.path === guarded.path) return false;
  if (!guarded.path.startsWith(route.path) || !isGuarded(guarded, route)) return false;
  // Names of files have one spelling.
  if ('upstream' in route.target || 'app' in route.target) return true;
  return 'files' in route.target && isPartial(guarded);
}

const isPartial = ({ took = '' }: OutRoute): boolean => !/[/$]$/.test(took);

function isGuarded(guarded: OutRoute, route: OutRoute): boolean {
  const own = guardKeys(guarded.policy);
  return own !== '{}' && own !== guardKeys(route.policy);
}
