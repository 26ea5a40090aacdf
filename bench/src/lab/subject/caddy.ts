// Caddy in front of the same backend: as it comes, with the certificate given; and tuned, with fewer protocols and more kept connections.
import { upstreamAddress, upstreamBackend } from './backend.ts';
import { HTTPS_PORT, SMALL, type Subject, type Workbench } from './contract.ts';

interface CaddyOptions {
  readonly name: string;
  readonly hop: 'unix' | 'tcp';
  /** No HTTP/3 and no endpoint for administration, more kept connections to the app, which is not asked to compress. */
  readonly tuned: boolean;
}

export function caddy(bench: Workbench, options: CaddyOptions): Subject {
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
    configs: { Caddyfile: configuration(bench, options) },
  };
}

function configuration(bench: Workbench, { hop, tuned }: CaddyOptions): string {
  const app = hop === 'unix' ? `unix/${bench.directory}/backend.sock` : upstreamAddress(bench, hop);
  return `{
  ${tuned ? 'admin off\n  servers {\n    protocols h1 h2\n  }' : `admin unix/${bench.directory}/admin.sock`}
  auto_https off
}
https://:${HTTPS_PORT} {
  bind ${bench.address}
  tls ${bench.certificate} ${bench.key}
  reverse_proxy ${app}${tuned ? ' {\n    transport http {\n      keepalive_idle_conns_per_host 256\n      compression off\n    }\n  }' : ''}
}
`;
}
