// `rewrite`: a redirect, another path for the upstream, or what one route cannot do: then nobody gets what it matched.
import type { Ledger } from './ledger.ts';
import type { Values } from './output.ts';
import { closingPatternOf, patternOf } from './patterns.ts';
import type { Scope } from './scope.ts';
import type { Directive } from './tree.ts';

/** 301 or 302; `undefined`: the path is changed inside of nginx. */
export function statusOf({ args: [, to = '', flag = ''] }: Directive): 301 | 302 | undefined {
  if (flag === 'permanent') return 301;
  return flag === 'redirect' || /^(?:https?:|\$scheme)/.test(to) ? 302 : undefined;
}

/** Of any path, and of all of it. */
const ANY = /^(?:\^?|\^?\/|\^?\/?\.\*\$?|\^?\/?\(\.\*\)\$?)$/;

/** A redirect of everything at `path`; `undefined`: it is something else. */
export function redirectOfAll({ args }: Directive, path: string, status: number): Values | undefined {
  const [pattern = '', given = ''] = args;
  const to = given.replace(/\?$/, '');
  if (!/^(?:\/|https?:\/\/)[^$]*(?:\$1)?$/.test(to)) return undefined;
  const below = matchesBelow(pattern, path);
  if (to.endsWith('$1')) {
    const keepPath = below ? 'rest' : /^\^?\/?\(\.\*\)\$?$/.test(pattern) ? 'whole' : undefined;
    const joins = to.endsWith('/$1') || !/\/\(/.test(pattern);
    return keepPath && joins && to === given
      ? { redirect: { to: to.slice(0, -2), status, keepPath } }
      : undefined;
  }
  if (!ANY.test(pattern) && !below && !matchesExactly(pattern, path)) return undefined;
  // A path without a slash at its end has nothing behind it but the query, which nginx keeps.
  const keepsQuery = to === given && !path.endsWith('/') && !to.endsWith('/') && !to.includes('?');
  return { redirect: { to, status, ...(keepsQuery && { keepPath: 'rest' }) } };
}

const plain = (pattern: string): string => pattern.replaceAll(/\\([./_-])/g, '$1');

/** `^/old/(.*)$` for `/old/`. */
function matchesBelow(pattern: string, path: string): boolean {
  return path.endsWith('/') && path !== '/' && plain(pattern).replace(/\$$/, '') === `^${path}(.*)`;
}

/** A path with a slash at its end is everything below it. */
function matchesExactly(pattern: string, path: string): boolean {
  return !path.endsWith('/') && plain(pattern).replace(/\/\?\$$/, '$') === `^${path}$`;
}

export interface Rewritten {
  /** For the target, in their order. */
  readonly rules: readonly { readonly match: string; readonly to: string }[];
  /** What nobody gets. */
  readonly withheld: readonly string[];
}

/** Those of a block that are no redirects. `isPassed`: an upstream gets what comes out. */
export function rewritesIn(scope: Scope, isPassed: boolean, ledger: Ledger): Rewritten {
  const rules: { match: string; to: string }[] = [];
  const withheld: string[] = [];
  for (const line of scope.here('rewrite')) {
    if (statusOf(line) !== undefined) continue;
    const rule = isPassed ? ruleOf(line) : undefined;
    if (rule !== undefined) {
      rules.push(rule);
      ledger.carried(line);
    } else {
      withheld.push(closingPatternOf(line.args[0] ?? ''));
      ledger.left(
        line,
        'the path is changed inside of nginx, and another location may answer; what it matches gets 403 (withhold)',
      );
    }
  }
  return { rules, withheld };
}

/** With `break` the first that matches is the last; nginx appends the query to one that is written. */
function ruleOf({ args: [match = '', to = '', flag] }: Directive): Rewritten['rules'][number] | undefined {
  const pattern = patternOf(match);
  const isPath = /^\/(?:[!-"%->@-~]|\$[1-9])*$/.test(to);
  return flag === 'break' && pattern !== undefined && isPath ? { match: pattern, to } : undefined;
}
