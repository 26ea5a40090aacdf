// What keeps people out in nginx and has no counterpart here: what it guards is closed to everybody meanwhile.
import { verdictOf } from './conditions.ts';
import type { Ledger } from './ledger.ts';
import type { Values } from './output.ts';
import type { Scope } from './scope.ts';
import type { Directive } from './tree.ts';

/** Must not stand open until somebody has read the comment. */
export const CLOSED: Values = { deny: ['any'] };

const UNTIL = 'nobody is let in until you take "deny: any" away';

/** Each with what may stand in its place. */
const GUARDS: readonly (readonly [name: RegExp, what: string])[] = [
  [/^auth_request$/, 'auth.forward of a route asks another service'],
  [/^internal$/, 'nothing is asked for by the front itself'],
  [/^ssl_verify_client$/, 'certificates of clients are not asked for'],
  [/^limit_except$/, 'methods are not told apart'],
  [/^secure_link_secret$/, 'links are not signed'],
  [/^auth_(?!basic|delay|request)\w+$/, 'see auth of a route'],
  [/^(?:access|rewrite|server_rewrite)_by_lua|^js_access$/, 'programs of nginx are not run'],
  [/^if$/, 'a condition that may be what keeps people out'],
];

/** They do not pass to inner locations. */
const HERE_ONLY = new Set(['internal', 'limit_except']);

interface Guard {
  readonly line: Directive;
  readonly why: string;
}

/** Those that hold in a block, its own and inherited ones. */
function guardsOf(scope: Scope): readonly Guard[] {
  const names = new Set(scope.names());
  return [...names].flatMap((name) => {
    const [, what] = GUARDS.find(([pattern]) => pattern.test(name)) ?? [];
    if (what === undefined) return [];
    const lines = HERE_ONLY.has(name)
      ? scope.here(name)
      : name === 'if'
        ? scope.every('if')
        : scope.all(name);
    return lines.filter((line) => guards(line, scope)).map((line) => ({ line, why: `${what}; ${UNTIL}` }));
  });
}

function guards(line: Directive, scope: Scope): boolean {
  // Files are for GET and HEAD alone.
  if (line.name === 'limit_except')
    return !line.args.includes('GET') || scope.own.some(({ name }) => name.endsWith('_pass'));
  if (line.name === 'if') return verdictOf(line, scope) === 'guard';
  // Whoever asks for a certificate without need of it leaves it to a condition, or to the upstream.
  if (line.name === 'ssl_verify_client') return line.args[0] === 'on';
  return line.args[0] !== 'off';
}

export function closed(scope: Scope, ledger: Ledger): Values {
  const found = guardsOf(scope);
  for (const { line, why } of found) ledger.left(line, why);
  return found.length > 0 ? CLOSED : {};
}

/** Beside the route or site that is closed. */
export function guardNotes(scope: Scope): string[] {
  const own = guardsOf(scope).filter(({ line }) => scope.own.includes(line));
  return own.map(({ line: { file, line, name }, why }) => `${file}:${line}: ${name}: ${why}.`);
}

/** Who may come in, as text to compare. */
export const guardKeys = ({ allow, deny, auth }: Values): string => JSON.stringify({ allow, deny, auth });
