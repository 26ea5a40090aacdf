// `stripPrefix` and `rewrite`: another path for the target. What comes out is judged like a path that a client has sent:
// the target never gets one that the gate would not have let pass.
import { parseTarget, type PolicyConfig, type RewriteRule, type RouteConfig } from '@tollgate/core';
import type { PolicyExchange, PolicyPart, StepOutcome } from './seam.ts';

type Compiled = readonly { readonly match: RegExp; readonly to: string }[];

export function rewritePart({ stripPrefix, rewrite }: PolicyConfig, route: RouteConfig): PolicyPart {
  // `/api/` and `/api` are both asked for as what is below `/api`.
  const prefix = stripPrefix === true ? route.path.replace(/\/$/, '') : '';
  const rules = compileRules(rewrite ?? []);
  const told = prefix === '' ? [] : ['X-Forwarded-Prefix', prefix];
  return {
    step: (exchange) => forward(exchange, prefix, rules),
    ...(told.length > 0 && { edit: (fields: string[]) => [...fields, ...told] }),
  };
}

/** `u`, so that no half of a character is matched. Compiled once; the loader has tried each. */
function compileRules(rules: readonly RewriteRule[]): Compiled {
  return rules.map(({ match, to }) => ({ match: new RegExp(match, 'u'), to }));
}

function forward(exchange: PolicyExchange, prefix: string, rules: Compiled): StepOutcome {
  const { head } = exchange;
  if (head === undefined) return 'goes-on';
  const below = head.path.slice(prefix.length);
  const path = rewritten(below === '' ? '/' : below, rules);
  const query = head.query === undefined || path.includes('?') ? '' : `?${head.query}`;
  const target = parseTarget(path + query, head.method, 'http');
  if (target.kind === 'refused') {
    exchange.refuse(target.code);
    return 'answered';
  }
  exchange.forwardTo(target.path, target.query, prefix);
  return 'goes-on';
}

function rewritten(path: string, rules: Compiled): string {
  for (const { match, to } of rules) {
    const found = match.exec(path);
    if (found !== null) return to.replaceAll(/\$([1-9])/g, (_, group: string) => found[Number(group)] ?? '');
  }
  return path;
}
