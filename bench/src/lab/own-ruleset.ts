// Tollgate's own ruleset for the level `notrack`: rendered as `tollgate firewall print` would.
export function ownRuleset(): string {
  return '';
}
