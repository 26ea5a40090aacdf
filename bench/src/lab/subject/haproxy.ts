// HAProxy in front of the same backend: with the defaults of Debian's file, TLS ended there, connections to the server reused.
import { upstreamAddress, upstreamBackend } from './backend.ts';
import { HTTPS_PORT, SMALL, type Subject, type Workbench } from './contract.ts';

export function haproxy(
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
        argv: ['haproxy', '-db', '-f', `${bench.directory}/haproxy.cfg`],
        listens: { address: bench.address, port: HTTPS_PORT },
        stdout: 'drop',
      },
    ],
    configs: { 'haproxy.cfg': configuration(bench, options.hop) },
  };
}

const configuration = (bench: Workbench, hop: 'unix' | 'tcp'): string => `global
  maxconn 8192
  nbthread 1
  ssl-default-bind-options ssl-min-ver TLSv1.2
defaults
  mode http
  timeout connect 5s
  timeout client 50s
  timeout server 50s
  http-reuse always
  option forwardfor
frontend site
  bind ${bench.address}:${HTTPS_PORT} ssl crt ${bench.both} alpn h2,http/1.1
  http-request set-header X-Forwarded-Proto https
  default_backend app
backend app
  server app ${serverAddress(bench, hop)}
`;

const serverAddress = (bench: Workbench, hop: 'unix' | 'tcp'): string =>
  hop === 'unix'
    ? `unix@${bench.directory}/backend.sock`
    : upstreamAddress(bench, hop).replace('http://', '');
