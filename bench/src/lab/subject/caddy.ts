// Caddy in front of the same backend: its defaults, with the certificate given and its admin endpoint off.
import { upstreamAddress, upstreamBackend } from './backend.ts';
import { HTTPS_PORT, SMALL, type Subject, type Workbench } from './contract.ts';

export function caddy(
  bench: Workbench,
  options: { readonly name: string; readonly hop: 'unix' | 'tcp' },
): Subject {
  return {
    name: options.name,
    scheme: 'https',
    port: HTTPS_PORT,
    ...SMALL,
    programs: [
      upstreamBackend(bench, options.hop),
      {
        name: 'front',
        argv: ['caddy', 'run', '--config', `${bench.directory}/Caddyfile`, '--adapter', 'caddyfile'],
        // Go starts a thread a core; the server side has one.
        env: {
          HOME: bench.directory,
          XDG_DATA_HOME: bench.directory,
          XDG_CONFIG_HOME: bench.directory,
          GOMAXPROCS: '1',
        },
        listens: { address: bench.address, port: HTTPS_PORT },
        stdout: 'drop',
      },
    ],
    configs: { Caddyfile: configuration(bench, options.hop) },
  };
}

const configuration = (bench: Workbench, hop: 'unix' | 'tcp'): string => `{
  admin off
  auto_https off
}
https://:${HTTPS_PORT} {
  bind ${bench.address}
  tls ${bench.certificate} ${bench.key}
  reverse_proxy ${hop === 'unix' ? `unix/${bench.directory}/backend.sock` : upstreamAddress(bench, hop)}
}
`;
