// `rateLimit`: who asks too often is told when to come again.
import type { RateLimitConfig, RouteConfig, SiteConfig } from '@tollgate/core';
import { addressKey } from '../addressKey.ts';
import type { PolicyMeans } from '../means.ts';
import { retryAfter } from '../retryAfter.ts';
import type { PolicyPart } from '../seam.ts';
import { RateTable } from './table.ts';

export function rateLimitPart(
  config: RateLimitConfig,
  site: SiteConfig,
  route: RouteConfig,
  { counters, rates }: PolicyMeans,
): PolicyPart {
  const key = JSON.stringify([site.hosts, config.of === 'route' ? route.path : '', config]);
  const table = rates.take(key, () => new RateTable(config, () => counters.dropped('rate-limit-forgotten')));
  const { by } = config;
  return {
    guard: ({ client }) => {
      const waitMs = table.waitMs(by === 'site' ? '' : addressKey(client.address), performance.now());
      return waitMs === 0 ? undefined : { code: 'rate-limited', fields: retryAfter(waitMs) };
    },
  };
}
