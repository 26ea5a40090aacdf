// Cache-Control, read strictly (RFC 9111 section 5.2): a directive that is not well-formed counts against reuse, never
// for it. Readers who are lenient here keep what its sender wanted forgotten.

/** What was given with a directive; `invalid`: something that the grammar does not have. */
type Argument = { readonly kind: 'none' | 'invalid' } | { readonly kind: 'value'; readonly value: string };

export interface Directives {
  has(name: string): boolean;
  /** Whole seconds; 0 for what cannot be read or contradicts itself, `undefined` when the directive is not there. */
  seconds(name: string): number | undefined;
}

/** RFC 9111 1.2.2: a larger one is as good as this one. */
const MOST_SECONDS = 2 ** 31;

/** `value`: all lines of the field, joined. */
export function parseDirectives(value: string | undefined): Directives {
  const found = new Map<string, Argument[]>();
  for (const member of value === undefined ? [] : membersOf(value)) {
    const [name, argument] = parseMember(member);
    const before = found.get(name);
    if (before === undefined) found.set(name, [argument]);
    else before.push(argument);
  }
  return {
    has: (name) => found.has(name),
    seconds: (name) => secondsOf(found.get(name)),
  };
}

/** Splits at commas outside quotes. A quote without an end takes in all that is left. */
function membersOf(value: string): string[] {
  return (value.match(/(?:"(?:\\.|[^"\\])*(?:"|$)|[^",])+/g) ?? []).map((member) => member.trim());
}

/** The name is read even from a member that goes on in no valid way: `no-store;x` still means no-store to its sender. */
function parseMember(member: string): [name: string, argument: Argument] {
  const [all, name = '', token, quoted] = MEMBER.exec(member) ?? [];
  if (all === undefined)
    return [(/^[\w!#$%&'*+.^`|~-]*/.exec(member)?.[0] ?? '').toLowerCase(), { kind: 'invalid' }];
  const lower = name.toLowerCase();
  if (token !== undefined) return [lower, { kind: 'value', value: token }];
  if (quoted !== undefined) return [lower, { kind: 'value', value: quoted.replaceAll(/\\(.)/g, '$1') }];
  return [lower, { kind: 'none' }];
}

/** RFC 9111 5.2: no white space around the equals sign; both forms of the argument are taken. */
const MEMBER = /^([\w!#$%&'*+.^`|~-]+)(?:=(?:([\w!#$%&'*+.^`|~-]+)|"((?:\\.|[^"\\])*)"))?$/;

/** RFC 9111 4.2.1: freshness that is invalid, or given twice and not the same, is no freshness. */
function secondsOf(given: readonly Argument[] | undefined): number | undefined {
  if (given === undefined) return undefined;
  const values = new Set(given.map((argument) => (argument.kind === 'value' ? argument.value : '')));
  const [value = ''] = values;
  if (values.size > 1 || !/^\d+$/.test(value)) return 0;
  return Math.min(Number(value), MOST_SECONDS);
}
