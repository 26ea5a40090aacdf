// HAProxy in front of the same backend, TLS ended there: as Debian ships it, and tuned as its documentation recommends for load.
import { upstreamAddress, upstreamBackend } from './backend.ts';
import { HTTPS_PORT, SMALL, type Subject, type Workbench } from './contract.ts';

interface HaproxyOptions {
  readonly name: string;
  readonly hop: 'unix' | 'tcp';
  /** Connections to the server shared by all clients, session tickets, no request log. */
  readonly tuned: boolean;
}

export function haproxy(bench: Workbench, options: HaproxyOptions): Subject {
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
    configs: {
      'haproxy.cfg': `${options.tuned ? TUNED : SHIPPED}${site(bench, options.hop)}`,
    },
  };
}

/**
 * Debian 12's /etc/haproxy/haproxy.cfg: its settings kept but for chroot, user and the socket of the administration, which need
 * directories of their own. /dev/log is that of the lab: nobody listens there, so the lines cost their writing only.
 */
const SHIPPED = `global
  log /dev/log local0
  ssl-default-bind-ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384
  ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256
  ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets
defaults
  log global
  mode http
  option httplog
  option dontlognull
  timeout connect 5000
  timeout client 50000
  timeout server 50000
  option forwardfor
`;

const TUNED = `global
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
`;

const site = (bench: Workbench, hop: 'unix' | 'tcp'): string => `frontend site
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
