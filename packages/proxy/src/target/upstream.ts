// `upstream`: servers behind the front, asked through the engine that the configuration names.
import type { UpstreamConfig } from '@tollgate/core';
import { UpstreamGroup } from '../upstream/group.ts';
import type { CompileOptions, UpstreamTarget } from './target.ts';

export function upstreamTarget(config: UpstreamConfig, _options: CompileOptions): Promise<UpstreamTarget> {
  const group = new UpstreamGroup(config);
  return Promise.resolve({
    kind: 'upstream',
    group,
    readsBody: true,
    upgrades: true,
    serve: (exchange) => exchange.fail('upstream-refused'),
    upgrade: (exchange) => exchange.fail('upstream-refused'),
    close: () => Promise.resolve(),
  });
}
