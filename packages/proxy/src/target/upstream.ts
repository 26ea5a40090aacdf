// `upstream`: servers behind the front, asked through the engine that the configuration names.
import type { Timeouts, UpstreamConfig } from '@tollgate/core';
import { httpProxyEngine } from '../engine/http-proxy/engine.ts';
import type { Engine } from '../engine/engine.ts';
import { openTunnel } from '../engine/tunnel.ts';
import { wireEngine } from '../engine/wire/engine.ts';
import { endpointOf } from '../pool/endpoint.ts';
import { FailureLog } from '../upstream/failureLog.ts';
import { UpstreamGroup } from '../upstream/group.ts';
import { HealthChecks } from '../upstream/health/checks.ts';
import { Resolution } from '../upstream/resolution.ts';
import type { CompileOptions, UpstreamTarget } from './target.ts';

/** Rejects when a file of authorities cannot be read. Servers are not asked: they may start later. */
export async function upstreamTarget(
  config: UpstreamConfig,
  options: CompileOptions,
): Promise<UpstreamTarget> {
  const { timeouts, eventLog } = options;
  const group = new UpstreamGroup(
    config,
    (server, address) => endpointOf(server, config, timeouts, address),
    new FailureLog(eventLog),
  );
  const engine = await engineOf(group, timeouts);
  const care = takeCare(group, options);
  return {
    kind: 'upstream',
    group,
    readsBody: true,
    upgrades: true,
    serve: (exchange) => engine.serve(exchange),
    upgrade: (exchange, head) => openTunnel({ exchange, group, timeouts, head }),
    close: () => {
      care.close();
      return engine.close();
    },
  };
}

function engineOf(group: UpstreamGroup, timeouts: Timeouts): Engine | Promise<Engine> {
  if (group.config.engine === 'wire') return wireEngine(group, timeouts);
  return httpProxyEngine({ group, headerMs: timeouts.upstreamHeaderMs, idleMs: timeouts.upstreamIdleMs });
}

/** What goes on whether anybody asks or not: checks and look-ups. Both are this target's until it closes. */
function takeCare(group: UpstreamGroup, { lookup, eventLog }: CompileOptions): { close(): void } {
  const { health, resolveMs: everyMs } = group.config;
  const checks = health === undefined ? undefined : new HealthChecks(group, health);
  const changed = (): void => checks?.follow();
  const resolution =
    everyMs === undefined ? undefined : new Resolution({ group, everyMs, lookup, eventLog, changed });
  return {
    close: () => {
      resolution?.close();
      checks?.close();
    },
  };
}
