// What holds for every request of one route, decided when the table is compiled.
import type { RouteConfig, SiteConfig } from '@tollgate/core';
import type { RouteCache } from '../cache/routeCache.ts';
import { accessPart } from './access.ts';
import { basicAuthPart } from './auth/basic.ts';
import { forwardAuthPart } from './auth/forward.ts';
import { compressPart } from './compress.ts';
import { corsPart } from './cors.ts';
import { errorPagesPart } from './errorPages.ts';
import { headersPart } from './headers.ts';
import { maintenancePart } from './maintenance.ts';
import type { PolicyMeans } from './means.ts';
import { rateLimitPart } from './rate/part.ts';
import { rewritePart } from './rewrite.ts';
import { serverTimingPart } from './serverTiming.ts';
import { tracingPart } from './tracing.ts';
import { sheddingPart } from './shedding.ts';
import { withholdPart } from './withhold.ts';
import type { AnswerFilter, FieldChange, Guard, PolicyPart, RequestEdit, Step } from './seam.ts';

export interface RoutePolicy {
  /** Of the route, as configured. */
  readonly path: string;
  /** Largest request body in bytes; more is refused with 413. */
  readonly bodyBytes: number;
  /** Asked right after routing, in every lane; `undefined`: there is nothing to ask. */
  readonly guard: Guard | undefined;
  /** What needs an exchange of the full lane; `undefined`: nothing, and the wire lane may answer. */
  readonly full: FullPolicy | undefined;
  /**
   * Of a route of which `full` is the cache and nothing else: what is fresh in it may be answered without the steps and
   * filters. Never of one that asks who the client is, or changes what it gets.
   */
  readonly kept: RouteCache | undefined;
  /** Of a route of which `full` is changed fields of its answers and nothing else: the wire lane changes them itself. */
  readonly change: FieldChange | undefined;
}

export interface FullPolicy {
  readonly steps: readonly Step[];
  readonly edits: readonly RequestEdit[];
  readonly filters: readonly AnswerFilter[];
}

/** Rejects when a file that the policy names cannot be read. */
export async function compilePolicy(
  site: SiteConfig,
  route: RouteConfig,
  means: PolicyMeans,
  cache?: RouteCache,
): Promise<RoutePolicy> {
  const others = await partsOf(site, route, means, cache);
  // After whatever may refuse the client.
  const parts = [...others, ...(cache === undefined ? [] : [{ step: cache.step }])];
  const isAlone = others.every(
    (part) => (!part.filter || part.filter === cache?.filter) && !part.step && !part.edit,
  );
  return {
    path: route.path,
    bodyBytes: route.bodyBytes,
    guard: foldGuards(parts.flatMap(({ guard }) => guard ?? [])),
    full: fullPolicy(parts),
    kept: isAlone ? cache : undefined,
    change: onlyChange(parts),
  };
}

/** Their order is that of the request's way in; filters see the answer in this order, too: what is last sees it last. */
async function partsOf(
  site: SiteConfig,
  route: RouteConfig,
  means: PolicyMeans,
  cache: RouteCache | undefined,
): Promise<PolicyPart[]> {
  const { policy } = route;
  const { access, withhold, auth, maintenance, rateLimit, cors, stripPrefix, rewrite, headers } = policy;
  const rewrites = stripPrefix === true || (rewrite?.length ?? 0) > 0;
  const parts = [
    // Before anything that adds fields: what is replaced, compressed or kept is the target's own answer.
    policy.errorPages && (await errorPagesPart(policy.errorPages)),
    policy.compress && compressPart(policy.compress, means.counters),
    cache && { filter: cache.filter },
    means.sheds ? sheddingPart(means.load) : undefined,
    access && accessPart(access),
    withhold && withholdPart(withhold, route),
    maintenance && maintenancePart(maintenance),
    rateLimit && rateLimitPart(rateLimit, site, route, means),
    cors && corsPart(cors),
    auth?.basic && (await basicAuthPart(auth.basic, means.passwords)),
    auth?.forward && forwardAuthPart(auth.forward),
    rewrites ? rewritePart(policy, route) : undefined,
    policy.tracing === true && tracingPart(),
    policy.serverTiming && serverTimingPart(policy.serverTiming),
    headers && headersPart(headers, site),
  ];
  return parts.flatMap((part) => part || []);
}

function onlyChange(parts: readonly PolicyPart[]): FieldChange | undefined {
  const [part, ...rest] = parts.filter(({ step, edit, filter }) => step ?? edit ?? filter);
  return rest.length === 0 && part?.step === undefined && part?.edit === undefined ? part?.change : undefined;
}

function foldGuards(guards: readonly Guard[]): Guard | undefined {
  const [first, ...rest] = guards;
  if (first === undefined || rest.length === 0) return first;
  return (asked) => {
    for (const guard of guards) {
      const refusal = guard(asked);
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  };
}

function fullPolicy(parts: readonly PolicyPart[]): FullPolicy | undefined {
  const steps = parts.flatMap(({ step }) => step ?? []);
  const edits = parts.flatMap(({ edit }) => edit ?? []);
  const filters = parts.flatMap(({ filter }) => filter ?? []);
  const idle = steps.length + edits.length + filters.length === 0;
  return idle ? undefined : { steps, edits, filters };
}
