// The policy of one route: what it says itself, and for each key that it does not have, what its site says.
import { resolve } from 'node:path';
import type {
  AccessConfig,
  AuthConfig,
  CacheConfig,
  CompressConfig,
  ErrorPage,
  PolicyConfig,
  RateLimitConfig,
} from '../policy.ts';
import { CACHE_ON } from '../schema/policy/cache.ts';
import type { PolicyInput } from '../schema/policy/policy.ts';

/** `directory`: what relative paths start from; absolute. */
export function completePolicy(site: PolicyInput, route: PolicyInput, directory: string): PolicyConfig {
  return {
    access: completeAccess(site, route),
    withhold: route.withhold ?? site.withhold,
    cache: completeCache(site, route, directory),
    compress: completeCompress(route.compress ?? site.compress),
    maintenance: completeMaintenance(unlessOff(route.maintenance ?? site.maintenance)),
    rateLimit: completeRateLimit(site, route),
    auth: completeAuth(unlessOff(route.auth ?? site.auth), directory),
    cors: completeCors(unlessOff(route.cors ?? site.cors)),
    stripPrefix: route.stripPrefix ?? site.stripPrefix,
    rewrite: route.rewrite ?? site.rewrite,
    errorPages: completeErrorPages(route.errorPages ?? site.errorPages, directory),
    tracing: route.tracing ?? site.tracing,
    serverTiming: unlessOff(route.serverTiming ?? site.serverTiming),
    headers: route.headers ?? site.headers,
  };
}

function unlessOff<Value>(given: Value | 'off' | undefined): Value | undefined {
  return given === 'off' ? undefined : given;
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

type Given<Key extends keyof PolicyInput> = Exclude<PolicyInput[Key], 'off' | undefined>;

function completeMaintenance(given: Given<'maintenance'> | undefined): PolicyConfig['maintenance'] {
  return given && { exempt: given.exempt ?? [], retryAfterMs: given.retryAfter };
}

/** A limit of a site is one for all of its routes; one of a route is its own. */
function completeRateLimit(site: PolicyInput, route: PolicyInput): RateLimitConfig | undefined {
  const given = unlessOff(route.rateLimit ?? site.rateLimit);
  if (given === undefined) return undefined;
  const { requests, per, burst, by, shared } = given;
  const of = route.rateLimit === undefined ? 'site' : 'route';
  return { requests, perMs: per, burst: burst ?? requests, by, of, shared };
}

function completeAuth(given: Given<'auth'> | undefined, directory: string): AuthConfig | undefined {
  if (given === undefined) return undefined;
  const { basic, forward } = given;
  const file = basic?.file;
  return {
    basic: basic && {
      realm: basic.realm,
      users: Object.entries(basic.users ?? {}),
      file: file === undefined ? undefined : resolve(directory, file),
    },
    forward: forward && { url: forward.url, copy: forward.copy, timeoutMs: forward.timeout },
  };
}

function completeCors(given: Given<'cors'> | undefined): PolicyConfig['cors'] {
  if (given === undefined) return undefined;
  const { maxAge, ...rest } = given;
  return { ...rest, maxAgeMs: maxAge };
}

function completeErrorPages(
  given: PolicyInput['errorPages'],
  directory: string,
): readonly ErrorPage[] | undefined {
  return given?.map(([status, file]) => ({ status, file: resolve(directory, file) }));
}

/** `cache` and `microcache` are one thing to whoever has them: a route with either has a cache of its own. */
function completeCache(site: PolicyInput, route: PolicyInput, directory: string): CacheConfig | undefined {
  const own = route.cache !== undefined || route.microcache !== undefined;
  const { cache = CACHE_ON, microcache } = own ? route : site;
  if (cache === 'off' || (cache === CACHE_ON && microcache === undefined)) return undefined;
  return {
    of: own ? 'route' : 'site',
    limitBytes: cache.size,
    bodyBytes: Math.min(cache.maxBody, Math.floor(cache.size / 4)),
    disk: cache.disk && {
      directory: resolve(directory, cache.disk.directory),
      limitBytes: cache.disk.size,
      bodyBytes: Math.min(cache.disk.maxBody, Math.floor(cache.disk.size / 4)),
    },
    lifetimeMs: microcache ?? cache.lifetime,
    heuristic: cache.heuristic,
    cookies: cache.cookies,
    staleWhileRevalidateMs: cache.staleWhileRevalidate ?? 0,
    staleIfErrorMs: cache.staleIfError ?? 0,
    waitMs: cache.wait,
    waiting: cache.waiting,
    clientDirectives: cache.clientDirectives,
    cacheStatus: cache.cacheStatus,
  };
}
