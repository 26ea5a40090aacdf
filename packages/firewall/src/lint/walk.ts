// Walks a packet through the chains of a hook, as nf_tables does, and says what becomes of it.
import { array, type Json, type JsonObject, type LoadedChain, type LoadedRuleset, object } from './loaded.ts';
import { contains, matches, type Sets, valueOf } from './match.ts';
import type { Packet } from './packet.ts';

export interface Outcome {
  readonly verdict: 'accept' | 'drop';
  /** `notrack` was met on the way. */
  readonly untracked: boolean;
  /** Where it was dropped: `TABLE CHAIN`, rule number from 1, or 0 for the chain's policy. */
  readonly at: { readonly table: string; readonly chain: string; readonly rule: number } | undefined;
}

/** Every base chain of the hook must let it pass: an accept ends its own chain only. */
export function walk(ruleset: LoadedRuleset, hook: string, packet: Packet): Outcome {
  const family = packet.family === 4 ? 'ip' : 'ip6';
  const bases = ruleset.chains
    .filter((chain) => chain.hook === hook && (chain.family === 'inet' || chain.family === family))
    .toSorted((a, b) => a.priority - b.priority);
  const walker = new Walker(ruleset, packet);
  for (const chain of bases) {
    const dropped = walker.throughBase(chain);
    if (dropped !== undefined) return { verdict: 'drop', untracked: walker.untracked, at: dropped };
  }
  return { verdict: 'accept', untracked: walker.untracked, at: undefined };
}

type End = 'accept' | 'drop' | 'return' | 'on';

class Walker {
  readonly #ruleset: LoadedRuleset;
  readonly #packet: Packet;
  #last: Outcome['at'];
  untracked = false;

  constructor(ruleset: LoadedRuleset, packet: Packet) {
    this.#ruleset = ruleset;
    this.#packet = packet;
  }

  /** Where it was dropped, or `undefined` when the chain let it pass. */
  throughBase(chain: LoadedChain): Outcome['at'] {
    const end = this.#through(chain);
    if (end === 'drop') return this.#last;
    if (end === 'accept' || chain.policy === 'accept') return undefined;
    return { table: chain.table, chain: chain.name, rule: 0 };
  }

  #through(chain: LoadedChain): End {
    for (const [at, rule] of chain.rules.entries()) {
      const end = this.#byRule(chain, rule.statements);
      if (end === 'drop') this.#last ??= { table: chain.table, chain: chain.name, rule: at + 1 };
      if (end !== 'on') return end;
    }
    return 'return';
  }

  #byRule(chain: LoadedChain, statements: readonly JsonObject[]): End {
    for (const statement of statements) {
      const end = this.#byStatement(chain, statement);
      if (end === 'no-match') return 'on';
      if (end !== 'on') return end;
    }
    return 'on';
  }

  #byStatement(chain: LoadedChain, statement: JsonObject): End | 'no-match' {
    const match = object(statement['match']);
    if (match !== undefined) return matches(match, this.#packet, this.#sets(chain)) ? 'on' : 'no-match';
    const vmap = object(statement['vmap']);
    if (vmap !== undefined) return this.#byMap(chain, vmap);
    if (isOverLimit(statement)) return 'no-match';
    if ('notrack' in statement) this.untracked = true;
    if ('accept' in statement) return 'accept';
    if ('drop' in statement || 'reject' in statement) return 'drop';
    if ('return' in statement) return 'return';
    return this.#elsewhere(chain, statement);
  }

  #byMap(chain: LoadedChain, vmap: JsonObject): End | 'no-match' {
    const value = valueOf(object(vmap['key']) ?? {}, this.#packet);
    if (typeof value !== 'string' && typeof value !== 'number') return 'no-match';
    const entry = this.#entries(chain, vmap['data']).find(([key]) => contains(key, value, this.#sets(chain)));
    return entry === undefined ? 'no-match' : this.#byStatement(chain, object(entry[1]) ?? {});
  }

  #entries(chain: LoadedChain, data: Json | undefined): readonly (readonly [Json, Json])[] {
    const list =
      typeof data === 'string' ? this.#sets(chain)(data.slice(1)) : (array(object(data)?.['set']) ?? []);
    return list.flatMap((entry) => {
      const [key, verdict] = array(entry) ?? [];
      return key === undefined || verdict === undefined ? [] : [[key, verdict] as const];
    });
  }

  /** After a goto nothing comes back; after a jump the next rule does. */
  #elsewhere(chain: LoadedChain, statement: JsonObject): End {
    const target = object(statement['jump']) ?? object(statement['goto']);
    if (target === undefined) return 'on';
    const next = this.#ruleset.chains.find(
      (candidate) => candidate.table === chain.table && candidate.name === target['target'],
    );
    const end = next === undefined ? 'return' : this.#through(next);
    return end === 'return' && 'jump' in statement ? 'on' : end;
  }

  #sets(chain: LoadedChain): Sets {
    return (name) => this.#ruleset.sets.get(`${chain.table}/${name}`) ?? [];
  }
}

/** Under every limit: one packet of a stranger, not a flood. */
function isOverLimit(statement: JsonObject): boolean {
  const nested = object(statement['set']) ?? object(statement['meter']);
  const inner = nested === undefined ? [] : (array(nested['stmt']) ?? [nested['stmt'] ?? null]);
  const limits = [statement, ...inner.map(object)].map((entry) => object(entry?.['limit']));
  return limits.some((limit) => limit?.['inv'] === true);
}
