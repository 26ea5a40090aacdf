// The nginx of this machine before recorders, as a second opinion: several servers, so that cases can run side by side.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HOST } from './case.ts';

export interface RunningNginx {
  readonly version: string;
  /** Unix sockets, one for each target, in their order. */
  readonly sockets: readonly string[];
  close(): Promise<void>;
}

/** `undefined` where there is none. */
export function nginxVersion(): string | undefined {
  const { stderr } = spawnSync('nginx', ['-v'], { encoding: 'utf8' });
  return /nginx\/([\d.]+)/.exec(stderr ?? '')?.[1];
}

export async function startNginx(version: string, targetPorts: readonly number[]): Promise<RunningNginx> {
  const directory = mkdtempSync(join(tmpdir(), 'tollgate-nginx-'));
  const sockets = targetPorts.map((_, at) => join(directory, `${at}.sock`));
  writeFileSync(join(directory, 'nginx.conf'), configOf(directory, sockets, targetPorts));
  const child = spawn('nginx', ['-p', directory, '-c', 'nginx.conf', '-e', 'error.log'], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  for (const path of sockets) await untilListening(path);
  return {
    version,
    sockets,
    close: async () => {
      child.kill('SIGTERM');
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** As one writes it for a site: Debian's defaults, keep-alive to the target, short time-outs for what never comes. */
function configOf(directory: string, sockets: readonly string[], targetPorts: readonly number[]): string {
  const servers = sockets.map(
    (path, at) => `  upstream target${at} { server 127.0.0.1:${targetPorts[at]}; keepalive 8; }
  server {
    listen unix:${path};
    server_name ${HOST};
    location / {
      proxy_pass http://target${at};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }
  server { listen unix:${path} default_server; return 421; }`,
  );
  return `daemon off;
worker_processes 1;
pid ${directory}/nginx.pid;
events { worker_connections 512; }
http {
  access_log off;
  client_header_timeout 1s;
  client_body_timeout 1s;
  proxy_read_timeout 2s;
  client_max_body_size 10m;
  client_body_temp_path ${directory}/body;
  proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;
${servers.join('\n')}
}
`;
}

async function untilListening(path: string): Promise<void> {
  for (;;) {
    const socket = connect({ path });
    const event = await Promise.race([
      once(socket, 'connect').then(() => 'connected'),
      once(socket, 'error').then(() => 'failed'),
    ]).catch(() => 'failed');
    socket.destroy();
    if (event === 'connected') return;
    await sleep(20);
  }
}
