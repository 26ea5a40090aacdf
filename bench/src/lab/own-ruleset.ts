// Tollgate's own ruleset for the level `notrack`: rendered as `tollgate firewall print` would.
import { rulesetOf } from './firewall.ts';
export function ownRuleset(): string {
  return rulesetOf('story', '') ?? '';
}
