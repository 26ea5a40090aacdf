// The nginx of this machine with a server block of a test's own, as Debian would include it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';

/** `site`: what stands in sites-enabled; `parts`: files that it includes, by name. Resolves when `port` answers. */
export async function nginxWith(
  site: string,
  port: number,
  parts: Readonly<Record<string, string>> = {},
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'tollgate-nginx-'));
  mkdirSync(join(directory, 'temp'));
  writeFileSync(join(directory, 'site.conf'), site);
  // Debian's own, next to nginx.conf there.
  writeFileSync(join(directory, 'proxy_params'), PROXY_PARAMS);
  mkdirSync(join(directory, 'snippets'));
  for (const [name, text] of Object.entries(parts)) writeFileSync(join(directory, name), text);
  writeFileSync(join(directory, 'nginx.conf'), configOf(directory));
  const child = spawn('nginx', ['-p', directory, '-c', join(directory, 'nginx.conf'), '-e', 'error.log'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await ended;
    rmSync(directory, { recursive: true, force: true });
  });
  await vi
    .waitFor(() => listening(port), { timeout: 15_000, interval: 30 })
    .catch((error: unknown) => {
      throw new Error(`nginx: ${String(error)}\n${readFileSync(join(directory, 'error.log'), 'utf8')}`);
    });
}

export const PROXY_PARAMS = `proxy_set_header X-Real-IP $remote_addr;
proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
proxy_set_header X-Forwarded-Proto $scheme;
`;

function configOf(directory: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `  ${name}_temp_path ${directory}/temp/${name};`)
    .join('\n');
  // Its workers are to read files that belong to whoever runs the tests.
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  return `daemon off;
${user}
worker_processes 1;
pid ${directory}/nginx.pid;
events { worker_connections 256; }
http {
  include /etc/nginx/mime.types;
  access_log off;
${temporary}
  include ${directory}/site.conf;
}
`;
}

function listening(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}
