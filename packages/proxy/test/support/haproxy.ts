// Real HAProxies on ports that this process has bound for them: one that wants a PROXY header and answers with what it was
// told, and one that sends it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryDirectory } from './front.ts';

/** Source and destination, address and port, as HAProxy logs them. */
const TOLD = '%[src] %[src_port] %[dst] %[dst_port]';

/** `pem`: certificate and key, for TLS. Returns its port. */
export async function haproxyTold(pem?: string): Promise<number> {
  const directory = temporaryDirectory();
  if (pem !== undefined) writeFileSync(join(directory, 'tls.pem'), pem);
  const tls = pem === undefined ? '' : ` ssl crt ${join(directory, 'tls.pem')}`;
  return startHaproxy(
    directory,
    `  mode http
frontend told
  bind fd@3 accept-proxy${tls}
  http-request return status 200 content-type text/plain lf-string "${TOLD}"
`,
  );
}

/** One before a front that it tells of its clients, byte for byte: TLS goes through. Returns its port. */
export async function haproxyTelling(
  frontPort: number,
  how: 'send-proxy' | 'send-proxy-v2',
): Promise<number> {
  return startHaproxy(
    temporaryDirectory(),
    `  mode tcp
  timeout connect 5s
  timeout server 10s
frontend telling
  bind fd@3
  default_backend front
backend front
  server front 127.0.0.1:${frontPort} ${how}
`,
  );
}

/** `settings` follow `defaults`; the frontend binds descriptor 3. */
async function startHaproxy(directory: string, settings: string): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const file = join(directory, 'haproxy.cfg');
  writeFileSync(file, `defaults\n  timeout client 10s\n${settings}`);
  const child = spawn('haproxy', ['-db', '-f', file], {
    stdio: ['ignore', 'ignore', 'pipe', descriptorOf(server)],
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  let said = '';
  child.stderr?.on('data', (text) => (said += String(text)));
  child.once('exit', (code) => {
    if (code !== null) throw new Error(`expected a running HAProxy, got exit ${code}: ${said}`);
  });
  // The child has a descriptor of its own; what comes to this one would not reach it.
  server.close();
  return port;
}

/** Node tells the descriptor of a listening socket only so. */
function descriptorOf(server: object): number {
  const handle: unknown = Reflect.get(server, '_handle');
  const descriptor: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : -1;
  if (typeof descriptor !== 'number') throw new Error('expected a descriptor');
  return descriptor;
}
