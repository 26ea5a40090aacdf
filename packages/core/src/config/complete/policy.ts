// The policy of one route: what it says itself, and for each key that it does not have, what its site says.
import type { AccessConfig, CompressConfig, PolicyConfig } from '../policy.ts';
import type { PolicyInput } from '../schema/policy/policy.ts';

export function completePolicy(site: PolicyInput, route: PolicyInput): PolicyConfig {
  return {
    access: completeAccess(site, route),
    compress: completeCompress(route.compress ?? site.compress),
    headers: route.headers ?? site.headers,
  };
}

function completeAccess(site: PolicyInput, route: PolicyInput): AccessConfig | undefined {
  const allow = route.allow ?? site.allow;
  const deny = route.deny ?? site.deny;
  return allow === undefined && deny === undefined ? undefined : { allow, deny: deny ?? [] };
}

function completeCompress(given: PolicyInput['compress']): CompressConfig | undefined {
  if (given === undefined || given === 'off') return undefined;
  const { encodings, types, minSize } = given;
  return { encodings, types, minBytes: minSize };
}
