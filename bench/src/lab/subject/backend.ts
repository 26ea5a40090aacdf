// The backend alone, or as the upstream of a front: the same site, reached over TLS, plain TCP or a unix socket.
import { fileURLToPath } from 'node:url';
import {
  HTTP_PORT,
  HTTPS_PORT,
  type Program,
  SMALL,
  type Subject,
  UPSTREAM_PORT,
  type Workbench,
} from './contract.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
export const fromRoot = (path: string): string => `${ROOT}${path}`;

export const NODE = [process.execPath, '--conditions=@tollgate/source'] as const;
const MAIN = fromRoot('packages/backend/src/main.ts');

export type Hop = 'in-process' | 'unix' | 'tcp';

export function backendAlone(bench: Workbench, options: { readonly tls: boolean }): Subject {
  const port = options.tls ? HTTPS_PORT : HTTP_PORT;
  return {
    name: options.tls ? 'backend + TLS' : 'backend',
    scheme: options.tls ? 'https' : 'http',
    port,
    ...SMALL,
    programs: [
      {
        name: 'backend',
        argv: [...NODE, MAIN],
        env: { HOST: bench.address, PORT: String(port), TLS: options.tls ? 'on' : 'off', REQUEST_LOG: 'off' },
        listens: { address: bench.address, port },
        stdout: 'drop',
      },
    ],
    configs: {},
  };
}

/** The backend behind a front in another process: plain, because the hop stays on the machine. */
export function upstreamBackend(bench: Workbench, hop: 'unix' | 'tcp'): Program {
  const common = { TLS: 'off', REQUEST_LOG: 'off' };
  const unix = `${bench.directory}/backend.sock`;
  return {
    name: 'backend',
    argv: [...NODE, MAIN],
    env:
      hop === 'unix'
        ? { ...common, UNIX_SOCKET: unix }
        : { ...common, HOST: bench.upstreamAddress, PORT: String(UPSTREAM_PORT) },
    listens: hop === 'unix' ? { unix } : { address: bench.upstreamAddress, port: UPSTREAM_PORT },
    stdout: 'drop',
  };
}

/** As a front's configuration names it. */
export const upstreamAddress = (bench: Workbench, hop: 'unix' | 'tcp'): string =>
  hop === 'unix'
    ? `unix:${bench.directory}/backend.sock`
    : `http://${bench.upstreamAddress}:${UPSTREAM_PORT}`;
