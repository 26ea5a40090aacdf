// `nft -j list ruleset` as typed data: tables, chains with their hooks, rules in order, sets with their elements.

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export interface LoadedChain {
  /** `FAMILY TABLE`, which is how nft tells tables apart. */
  readonly table: string;
  readonly family: string;
  readonly name: string;
  readonly hook: string | undefined;
  readonly type: string | undefined;
  readonly priority: number;
  readonly policy: 'accept' | 'drop';
  readonly rules: readonly LoadedRule[];
}

interface LoadedRule {
  readonly statements: readonly JsonObject[];
}

export interface LoadedRuleset {
  readonly tables: readonly string[];
  readonly chains: readonly LoadedChain[];
  /** `TABLE/NAME` -> elements of a set or a map. */
  readonly sets: ReadonlyMap<string, readonly Json[]>;
}

/** Throws a SyntaxError when the text is not what nft prints. */
export function parseLoaded(text: string): LoadedRuleset {
  const document: Json = JSON.parse(text);
  const objects = array(object(document)?.['nftables']);
  if (objects === undefined)
    throw new SyntaxError('expected the JSON of nft list ruleset, got another document');
  const of = (kind: string): JsonObject[] =>
    objects.map((entry) => object(object(entry)?.[kind])).filter((entry) => entry !== undefined);
  const rules = of('rule');
  return {
    tables: of('table').map((table) => `${string(table['family'])} ${string(table['name'])}`),
    chains: of('chain').map((chain) => loadedChain(chain, rules)),
    sets: new Map(
      [...of('set'), ...of('map')].map((set) => [
        `${tableOf(set)}/${string(set['name'])}`,
        array(set['elem']) ?? [],
      ]),
    ),
  };
}

function loadedChain(chain: JsonObject, rules: readonly JsonObject[]): LoadedChain {
  const table = tableOf(chain);
  const name = string(chain['name']);
  return {
    table,
    family: string(chain['family']),
    name,
    hook: optionalString(chain['hook']),
    type: optionalString(chain['type']),
    priority: typeof chain['prio'] === 'number' ? chain['prio'] : 0,
    policy: chain['policy'] === 'drop' ? 'drop' : 'accept',
    rules: rules
      .filter((rule) => tableOf(rule) === table && string(rule['chain']) === name)
      .map((rule) => ({
        statements: (array(rule['expr']) ?? []).map(object).filter((entry) => entry !== undefined),
      })),
  };
}

const tableOf = (entry: JsonObject): string => `${string(entry['family'])} ${string(entry['table'])}`;

export function object(value: Json | undefined): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !isArray(value) ? value : undefined;
}

export function array(value: Json | undefined): readonly Json[] | undefined {
  return value !== undefined && isArray(value) ? value : undefined;
}

const isArray = (value: Json): value is readonly Json[] => Array.isArray(value);
const optionalString = (value: Json | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined;
const string = (value: Json | undefined): string => (typeof value === 'string' ? value : '');
