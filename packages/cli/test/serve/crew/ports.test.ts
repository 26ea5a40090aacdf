import { describe, expect, it } from 'vitest';
import type { Config, Listener } from '@tollgate/core';
import { loadConfig } from '@tollgate/core';
import { ChosenPorts } from '../../../src/serve/crew/ports.ts';

const { config: base } = loadConfig({ file: `${import.meta.dirname}/../../../../../tollgate.yaml` });
const withListen = (...listen: Listener[]): Config => ({ ...base, listen });
const tcp = (scheme: Listener['scheme'], address: string, port: number): Listener => ({
  scheme,
  address: { kind: 'tcp', address, port },
});

describe('port 0 for several workers', () => {
  it('becomes one port that all of them are told', async () => {
    const { listen } = await new ChosenPorts().pin(
      withListen(tcp('https', '127.0.0.1', 0), tcp('http', '127.0.0.1', 0)),
    );
    const ports = listen.map(({ address }) => (address.kind === 'tcp' ? address.port : 0));
    expect(ports.every((port) => port > 0)).toBe(true);
    expect(new Set(ports).size).toBe(2);
  });

  it('stays the same one through every reload', async () => {
    const ports = new ChosenPorts();
    const first = await ports.pin(withListen(tcp('https', '127.0.0.1', 0)));
    const second = await ports.pin(withListen(tcp('http', '127.0.0.1', 0), tcp('https', '127.0.0.1', 0)));
    expect(second.listen[1]).toEqual(first.listen[0]);
  });

  it('leaves every other listener as it is', async () => {
    const config = withListen(
      tcp('https', '127.0.0.1', 8443),
      { scheme: 'http', address: { kind: 'unix', path: '/run/x.sock' } },
      { scheme: 'https', address: { kind: 'systemd', name: 'web' } },
    );
    expect((await new ChosenPorts().pin(config)).listen).toEqual(config.listen);
  });
});
