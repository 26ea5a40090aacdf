// Port 0 and several workers: the first worker's kernel-chosen ports become everybody's, or each would get its own. Pure.
import type { Config, Listener } from '@tollgate/core';
import type { BoundAddress } from '@tollgate/proxy';

/** `bound` is what `config.listen` got, in the same order. */
export function pinPorts(config: Config, bound: readonly BoundAddress[]): Config {
  const listen = config.listen.map((listener, index) => pin(listener, bound[index]));
  return { ...config, listen };
}

function pin(listener: Listener, bound: BoundAddress | undefined): Listener {
  if (listener.address.kind !== 'tcp' || bound === undefined) return listener;
  if (listener.address.port !== 0) return listener;
  return { ...listener, address: { ...listener.address, port: bound.port } };
}
