// `upstream`: servers behind the front, asked through the engine that the configuration names.
import type { UpstreamConfig } from '@tollgate/core';
import { httpProxyEngine } from '../engine/http-proxy/engine.ts';
import { openTunnel } from '../engine/tunnel.ts';
import { endpointOf } from '../pool/endpoint.ts';
import { FailureLog } from '../upstream/failureLog.ts';
import { UpstreamGroup } from '../upstream/group.ts';
import type { CompileOptions, UpstreamTarget } from './target.ts';

/** Rejects when a file of authorities cannot be read. Servers are not asked: they may start later. */
export async function upstreamTarget(
  config: UpstreamConfig,
  { timeouts, eventLog }: CompileOptions,
): Promise<UpstreamTarget> {
  const group = new UpstreamGroup(
    config,
    (server) => endpointOf(server, config, timeouts),
    new FailureLog(eventLog),
  );
  const engine = await httpProxyEngine({
    group,
    headerMs: timeouts.upstreamHeaderMs,
    idleMs: timeouts.upstreamIdleMs,
  });
  return {
    kind: 'upstream',
    group,
    readsBody: true,
    upgrades: true,
    serve: (exchange) => engine.serve(exchange),
    upgrade: (exchange, head) => openTunnel({ exchange, group, timeouts, head }),
    close: () => engine.close(),
  };
}
