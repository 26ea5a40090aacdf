// `if`: what it keeps out. A ban on what clients say of themselves is a filter, and any other may be the only guard.
import { patternOf } from './patterns.ts';
import type { Ledger } from './ledger.ts';
import type { Scope } from './scope.ts';
import type { Directive } from './tree.ts';

/**
 * `open`: who is let in does not depend on it. `filter`: it turns away what anybody can avoid to send. `guard`: it may be
 * what keeps everybody out. A path: nobody gets what matches.
 */
export type Verdict = 'open' | 'filter' | 'guard' | { readonly withhold: string };

/** `scope`: around the line, for the `map` that its variable may come from. */
export function verdictOf(line: Directive, scope: Scope): Verdict {
  const { variable, operator, value } = conditionIn(line.args);
  const ends = (line.block ?? []).filter(({ name }) => !MILD.test(name));
  if (ends.length === 0 || /^!?-[fdex]$/.test(variable)) return 'open';
  const path = pathPattern(variable, operator, value);
  const refuses = ends.every(({ name, args }) => name === 'return' && /^[45]\d\d$/.test(args[0] ?? ''));
  if (path !== undefined && refuses) return { withhold: path };
  if (SAID.test(sourceOf(variable, scope))) return refuses ? 'filter' : 'open';
  return refuses && SAYS.test(variable) && bansSome(operator, value) ? 'filter' : 'guard';
}

/** What is not sent is not refused, then. */
function bansSome(operator: string, value: string): boolean {
  if (operator === '') return true;
  if (operator === '=') return value !== '';
  const pattern = patternOf(value);
  return /^~\*?$/.test(operator) && pattern !== undefined && !new RegExp(pattern, 'iu').test('');
}

interface Condition {
  readonly variable: string;
  readonly operator: string;
  readonly value: string;
}

/** `if` takes its brackets as part of its words. */
function conditionIn(args: readonly string[]): Condition {
  const words = args.map((word, at) => (at === 0 ? word.replace(/^\(/, '') : word));
  const last = words.pop()?.replace(/\)$/, '') ?? '';
  const [variable = '', operator = '', ...value] = [...words, last].filter((word) => word !== '');
  return { variable, operator, value: value.join(' ') };
}

/** They end nothing. */
const MILD = /^(?:set|break|add_header|expires|limit_rate\w*|access_log|gzip|rewrite_log|set_by_\w+)$/;

/** What a request says of itself: nobody is kept out by it who knows. */
const SAID =
  /^\$(?:http_user_agent|request_method|http_referer|invalid_referer|host|http_host|scheme|https|server_port|http_x_forwarded_proto|http_upgrade|http_accept\w*)$/;

/** A secret, where one is asked for; where one is refused, junk. */
const SAYS = /^\$(?:args|query_string|request_uri|request|arg_\w+|http_\w+|cookie_\w+)$/;

/** A variable that a `map` makes is as good as what it is made from. */
function sourceOf(variable: string, scope: Scope): string {
  const map = scope.all('map').find(({ args }) => args[1] === variable);
  return map?.args[0] ?? variable;
}

function pathPattern(variable: string, operator: string, value: string): string | undefined {
  if (!/^\$(?:uri|document_uri|request_uri)$/.test(variable)) return undefined;
  if (variable === '$request_uri' && value.includes('?')) return undefined;
  return operator === '~' || operator === '~*' ? patternOf(value) : undefined;
}

/** What the conditions of a block and of those around it keep back, as patterns. */
export function conditions(scope: Scope, ledger: Ledger): readonly string[] {
  return scope.every('if').flatMap((line) => {
    const verdict = verdictOf(line, scope);
    if (verdict === 'filter')
      ledger.left(line, 'a filter by what clients say of themselves: whom it turned away is let in now');
    if (typeof verdict === 'string') return [];
    ledger.carried(line);
    for (const inner of line.block ?? []) ledger.carried(inner);
    return [verdict.withhold];
  });
}
