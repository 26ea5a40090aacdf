// A `location` as routes: what answers there, and what holds for it.
import { conditions } from './conditions.ts';
import { filesAt, isAbsent } from './files.ts';
import { CLOSED, guardNotes } from './guards.ts';
import { policyOf } from './policy.ts';
import { proxied, replacementRules } from './proxy.ts';
import { answerOf, REFUSED } from './redirect.ts';
import { redirectOfAll, rewritesIn, statusOf } from './rewrite.ts';
import type { Ledger } from './ledger.ts';
import type { Context, Place } from './place.ts';
import { isRecord, type OutRoute, type Values } from './output.ts';
import type { Scope } from './scope.ts';
import type { Directive } from './tree.ts';

export function routesAt(place: Place, context: Context): readonly OutRoute[] {
  const { scope, withheld: around, notes } = place;
  const { ledger } = context;
  const passes = passOf(scope, context);
  const other = passes === undefined || passes.scope === scope ? undefined : passes.scope;
  // What answers in the end says who may ask as well.
  const policy = { ...policyOf(scope, ledger), ...(other && policyOf(other, ledger)) };
  const rewritten = rewritesIn(other ?? scope, passes !== undefined, ledger);
  const patterns = [...new Set([...around, ...conditions(scope, ledger), ...rewritten.withheld])];
  const withheld = patterns.length > 0 ? { withhold: patterns } : {};
  return place.paths.flatMap((path, at): OutRoute[] => {
    const target = targetOrRefusal(path, { ...place, withheld: patterns }, policy, context);
    if (target === undefined) return [];
    const paths = 'upstream' in target ? pathPolicy(path, place, passes, rewritten.rules) : {};
    const told = at === 0 ? [...guardNotes(scope), ...notes] : [];
    const why =
      target === REFUSED && !scope.own.some(({ name }) => /^(?:return|deny)$/.test(name)) ? [UNTOLD] : [];
    const rank = at === 0 ? place.rank : Math.max(place.rank, DERIVED);
    const took = place.took === undefined ? {} : { took: place.took };
    const whole = { ...('upstream' in target ? policy : forAnswersAlone(policy)), ...withheld, ...paths };
    return [{ path, target, policy: whole, notes: [...told, ...why], rank, ...took }];
  });
}

/** Nobody gets the fields of a request but an upstream. */
function forAnswersAlone(policy: Values): Values {
  const { headers, ...rest } = policy;
  const response = isRecord(headers) ? headers['response'] : undefined;
  return response === undefined ? rest : { ...rest, headers: { response } };
}

const UNTOLD = 'What nginx did here is not carried over, see above: 403.';

/** What a location is for does not fall to the route around it. */
function targetOrRefusal(path: string, place: Place, policy: Values, context: Context): Values | undefined {
  const target = targetAt(path, place, context) ?? (place.prefix === undefined ? undefined : REFUSED);
  // nginx does not mind a directory that is not there, which nobody may see.
  const isShut = JSON.stringify(policy['deny']) === JSON.stringify(CLOSED['deny']);
  return target !== undefined && isShut && isAbsent(target) ? REFUSED : target;
}

/** A prefix takes what is below it unless that has a location of its own. */
const DERIVED = 3;

/** In the order in which nginx would find its answer. */
function targetAt(path: string, place: Place, context: Context): Values | undefined {
  const { scope } = place;
  const { ledger, scheme } = context;
  const [first] = scope.here('return');
  if (first !== undefined) return answerOf(first, { scheme, ledger, type: typeAt(path, scope, ledger) });
  const redirect = place.prefix === undefined ? undefined : redirectAt(path, scope, ledger);
  if (redirect !== undefined) return redirect;
  const [program] = scope.own.filter(({ name }) => PROGRAM.test(name));
  if (program !== undefined) {
    ledger.left(program, 'Tollgate runs no programs: until you give their address as an upstream, 403');
    return REFUSED;
  }
  const pass = passOf(scope, context);
  if (pass !== undefined) return proxied(pass.line, pass.scope, context);
  return filesAt(path, place, ledger);
}

/** A name with an ending has the type that the ending says. */
function typeAt(path: string, scope: Scope, ledger: Ledger): string | undefined {
  const line = /\.\w+$/.test(path) ? undefined : scope.last('default_type');
  ledger.carried(line);
  return line?.args[0];
}

/** They answer in place of files. */
const PROGRAM =
  /^(?!proxy_pass$)\w+_pass$|^(?:content|rewrite|server_rewrite)_by_lua|^(?:js_content|stub_status|empty_gif|api|status|hls|f4f|dav_methods)$/;

export const answersByProgram = (line: Directive): boolean => PROGRAM.test(line.name);

function redirectAt(path: string, scope: Scope, ledger: Ledger): Values | undefined {
  for (const line of scope.here('rewrite')) {
    const status = statusOf(line);
    if (status === undefined) return undefined;
    const target = redirectOfAll(line, path, status);
    if (target !== undefined) {
      ledger.carried(line);
      return target;
    }
    ledger.left(line, 'a redirect of some paths of a route: give those a route of their own');
  }
  return undefined;
}

interface Pass {
  readonly line: Directive;
  readonly scope: Scope;
}

/** Of the block itself, or of the one that answers for what is no file. */
export function passOf(scope: Scope, { named, ledger }: Pick<Context, 'named' | 'ledger'>): Pass | undefined {
  const [own] = scope.here('proxy_pass');
  if (own !== undefined) return { line: own, scope };
  const [tries] = scope.here('try_files');
  const [last = ''] = tries?.args.slice(-1) ?? [];
  const other = named.get(last);
  const [line] = other?.here('proxy_pass') ?? [];
  if (other === undefined || line === undefined) return undefined;
  ledger.left(
    tries,
    `files first, then ${last}: a route has one target; give the paths of the files routes of their own`,
  );
  return { line, scope: other };
}

/** nginx takes what `break` has left, or puts its own in the place of the location's. */
function pathPolicy(
  path: string,
  { prefix }: Place,
  pass: Pass | undefined,
  rules: readonly { readonly match: string; readonly to: string }[],
): Values {
  const replaced = prefix === undefined || pass === undefined ? [] : replacementRules(pass.line, prefix);
  const [only] = replaced;
  if (rules.length === 0 && only?.to === '/$1' && path === prefix && path.endsWith('/'))
    return path === '/' ? {} : { stripPrefix: true };
  const all = [...rules, ...replaced];
  return all.length === 0 ? {} : { rewrite: all };
}
