// Port 0 and several workers: the kernel's choice is made once, before any of them starts, or each would get its own.
import { createServer, type Server } from 'node:net';
import type { Config, Listener, TcpAddress } from '@tollgate/core';

export class ChosenPorts {
  readonly #ports = new Map<string, number>();

  /** The same configuration with every port 0 replaced; the same listener gets the same port each time. */
  async pin(config: Config): Promise<Config> {
    const listen: Listener[] = [];
    for (const listener of config.listen) listen.push(await this.#pinned(listener));
    return { ...config, listen };
  }

  async #pinned(listener: Listener): Promise<Listener> {
    const { scheme, address } = listener;
    if (address.kind !== 'tcp' || address.port !== 0) return listener;
    const key = `${scheme} ${address.address}`;
    const port = this.#ports.get(key) ?? (await freePort(address));
    this.#ports.set(key, port);
    return { scheme, address: { ...address, port } };
  }
}

/** Nobody can know the port yet, so the moment between this socket and the workers' loses no connection. */
async function freePort({ address }: TcpAddress): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject);
    probe.listen({ host: address, port: 0, reusePort: true }, resolve);
  });
  const port = portOf(probe);
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

function portOf(server: Server): number {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error(`expected a TCP port, got ${bound}`);
  return bound.port;
}
