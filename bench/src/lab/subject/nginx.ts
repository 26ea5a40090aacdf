// nginx in front of the same backend, or answering from memory and files: as Debian ships it, and tuned as its experts would.
import { upstreamAddress, upstreamBackend } from './backend.ts';
import {
  HTTPS_PORT,
  SITE_DIRECTORY,
  siteOf,
  SMALL,
  type FromDisk,
  type Subject,
  type Workbench,
} from './contract.ts';

export interface NginxOptions {
  readonly name: string;
  readonly hop: 'unix' | 'tcp' | 'respond' | FromDisk;
  /** Keep-alive to the upstream, cached sessions and open files, no log: what its documentation recommends for load. */
  readonly tuned: boolean;
  readonly workers?: number;
}

export function nginx(bench: Workbench, options: NginxOptions): Subject {
  const { hop } = options;
  return {
    name: options.name,
    scheme: 'https',
    port: HTTPS_PORT,
    ...SMALL,
    programs: [
      ...(hop === 'unix' || hop === 'tcp' ? [upstreamBackend(bench, hop)] : []),
      {
        name: 'front',
        argv: ['nginx', '-e', `${bench.directory}/error.log`, '-c', `${bench.directory}/nginx.conf`],
        listens: { address: bench.address, port: HTTPS_PORT },
        stdout: 'drop',
      },
    ],
    ...siteOf(hop),
    configs: { 'nginx.conf': options.tuned ? tuned(bench, options) : shipped(bench, options) },
  };
}

/** Debian 12's /etc/nginx/nginx.conf, its settings kept, its includes resolved; a site with `proxy_pass` as every guide has it. */
const shipped = (bench: Workbench, options: NginxOptions): string => `user root;
worker_processes ${options.workers ?? 1};
pid ${bench.directory}/nginx.pid;
daemon off;
events { worker_connections 768; }
http {
  sendfile on;
  tcp_nopush on;
  types_hash_max_size 2048;
  default_type application/octet-stream;
  ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;
  ssl_prefer_server_ciphers on;
  access_log ${bench.directory}/access.log;
  gzip on;
  ${upstream(bench, options, '')}
  server {
    listen ${bench.address}:${HTTPS_PORT} ssl http2;
    ssl_certificate ${bench.certificate};
    ssl_certificate_key ${bench.key};
    location / { ${answer(bench, options, '')} }
  }
}
`;

const tuned = (bench: Workbench, options: NginxOptions): string => `user root;
worker_processes ${options.workers ?? 1};
worker_rlimit_nofile 65536;
pid ${bench.directory}/nginx.pid;
daemon off;
events { worker_connections 16384; multi_accept on; }
http {
  sendfile on;
  tcp_nopush on;
  tcp_nodelay on;
  keepalive_timeout 65s;
  keepalive_requests 1000000;
  default_type text/plain;
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_session_cache shared:TLS:10m;
  proxy_buffers 16 16k;
  proxy_busy_buffers_size 64k;
  proxy_max_temp_file_size 0;
  access_log off;
  gzip off;
  open_file_cache max=1000 inactive=60s;
  ${cacheOf(bench, options)}
  ${upstream(bench, options, 'keepalive 128; keepalive_requests 1000000;')}
  server {
    listen ${bench.address}:${HTTPS_PORT} ssl http2 backlog=4096 reuseport;
    ssl_certificate ${bench.certificate};
    ssl_certificate_key ${bench.key};
    location / { ${answer(bench, options, 'proxy_http_version 1.1; proxy_set_header Connection "";')} }
  }
}
`;

function upstream(bench: Workbench, { hop }: NginxOptions, extra: string): string {
  if (hop !== 'unix' && hop !== 'tcp') return '';
  const server = upstreamAddress(bench, hop).replace('http://', '');
  return `upstream site { server ${server}; ${extra} }`;
}

/** What the cache keeps comes from a server beside it, which is asked once. */
function cacheOf({ directory }: Workbench, { hop }: NginxOptions): string {
  if (hop !== 'cache') return '';
  return `proxy_cache_path ${directory}/cache keys_zone=kept:10m;
  server { listen unix:${directory}/origin.sock; location / { root ${directory}/${SITE_DIRECTORY}; } }`;
}

function answer({ directory }: Workbench, { hop }: NginxOptions, extra: string): string {
  if (hop === 'files') return `root ${directory}/${SITE_DIRECTORY};`;
  if (hop === 'cache')
    return `proxy_pass http://unix:${directory}/origin.sock; proxy_cache kept; proxy_cache_valid 200 1h;`;
  if (hop === 'respond') return 'default_type text/plain; return 200 "ok\\n";';
  const forwarded =
    'proxy_set_header Host $host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme;';
  return `proxy_pass http://site; ${extra} ${forwarded}`;
}
