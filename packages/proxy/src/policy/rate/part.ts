// `rateLimit`: who asks too often is told when to come again.
import type { Client, RateLimitConfig, RouteConfig, SiteConfig } from '@tollgate/core';
import { addressKey } from '../addressKey.ts';
import type { PolicyMeans } from '../means.ts';
import { retryAfter } from '../retryAfter.ts';
import type { PolicyPart, Step } from '../seam.ts';
import { SharedRate } from './shared.ts';
import { RateTable } from './table.ts';

export function rateLimitPart(
  config: RateLimitConfig,
  site: SiteConfig,
  route: RouteConfig,
  { counters, rates, redis }: PolicyMeans,
): PolicyPart {
  const of = config.of === 'route' ? route.path : '';
  const table = rates.take(
    JSON.stringify([site.hosts, of, config]),
    () => new RateTable(config, () => counters.dropped('rate-limit-forgotten')),
  );
  const shared =
    redis === undefined || config.shared === 'off'
      ? undefined
      : new SharedRate(config, `${site.hosts[0] ?? ''}${of}`, table, redis);
  const noting = config.shared === 'on' ? shared : undefined;
  const keyOf = ({ address }: Client): string => (config.by === 'site' ? '' : addressKey(address));
  return {
    guard: ({ client }) => {
      const key = keyOf(client);
      const waitMs = table.waitMs(key, performance.now());
      if (waitMs > 0) return { code: 'rate-limited', fields: retryAfter(waitMs) };
      noting?.passed(key);
      return undefined;
    },
    ...(shared !== undefined && config.shared === 'strict' && { step: strictStep(shared, keyOf) }),
  };
}

function strictStep(shared: SharedRate, keyOf: (client: Client) => string): Step {
  return (exchange) =>
    exchange.client === undefined ? 'goes-on' : shared.decide(exchange, keyOf(exchange.client));
}
