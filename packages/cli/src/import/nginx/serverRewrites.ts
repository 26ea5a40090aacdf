// `rewrite` lines of a server: they come before its locations. A redirect of one path is a route of its own.
import { plainPaths } from './patterns.ts';
import { policyOf } from './policy.ts';
import { redirectOfAll, rewritesIn, statusOf } from './rewrite.ts';
import { locationOf, type Located } from './locations.ts';
import type { Context } from './place.ts';
import type { OutRoute } from './output.ts';
import type { Scope } from './scope.ts';
import type { Directive } from './tree.ts';

export function serverRewrites(scope: Scope, { ledger }: Context): Located {
  const routes: OutRoute[] = [];
  for (const line of scope.here('rewrite')) {
    const status = statusOf(line);
    if (status === undefined) continue;
    const path = pathOf(line);
    const target = path !== undefined && isLast(path, scope) ? redirectOfAll(line, path, status) : undefined;
    if (path === undefined || target === undefined) {
      ledger.left(line, 'a redirect by a pattern: give the paths that it is for routes of their own');
      continue;
    }
    ledger.carried(line);
    routes.push({ path, target, policy: policyOf(scope, ledger), notes: [], rank: -1 });
  }
  return { routes, withheld: rewritesIn(scope, false, ledger).withheld };
}

/** That it is for: everything, or one plain path. */
function pathOf({ args: [pattern = ''] }: Directive): string | undefined {
  if (/^(?:\^?|\^?\/?\.\*\$?|\^?\/?\(\.\*\)\$?)$/.test(pattern)) return '/';
  const found = plainPaths(pattern.replace(/\/\?\$$/, '$'));
  return found?.isPartial === false && found.paths.length === 1 ? found.paths[0] : undefined;
}

/** No location is below it, which would be asked first here. */
function isLast(path: string, scope: Scope): boolean {
  return !scope.here('location').some((line) => {
    const { path: other } = locationOf(line);
    return path.endsWith('/') && other.startsWith(path) && other !== path;
  });
}
