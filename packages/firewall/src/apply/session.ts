// The ssh session this is typed in, if any: its own way in must stay open.
import { readFileSync } from 'node:fs';
import type { Policy } from '../policy/policy.ts';
import { includesAddress } from '../policy/sources.ts';

export interface SshSession {
  readonly clientAddress: string;
  readonly serverPort: number;
}

/** From SSH_CONNECTION; sudo and su drop it, so the parents' environments are asked as well. */
export function findSshSession(
  env: Readonly<Record<string, string | undefined>> = process.env,
  proc = '/proc',
): SshSession | undefined {
  const own = env['SSH_CONNECTION'];
  if (own !== undefined) return parseConnection(own);
  let pid = String(process.ppid);
  for (let depth = 0; depth < 32 && Number(pid) > 1; depth++) {
    const connection = /(?:^|\0)SSH_CONNECTION=([^\0]*)/.exec(read(`${proc}/${pid}/environ`))?.[1];
    if (connection !== undefined) return parseConnection(connection);
    pid = /^PPid:\s*(\d+)/m.exec(read(`${proc}/${pid}/status`))?.[1] ?? '0';
  }
  return undefined;
}

/** `CLIENT PORT SERVER PORT` (ssh(1)). An IPv4 client of a dual socket comes as ::ffff:a.b.c.d. */
function parseConnection(text: string): SshSession | undefined {
  const [client = '', , , port] = text.split(' ');
  const serverPort = Number(port);
  if (client === '' || !Number.isInteger(serverPort)) return undefined;
  return { clientAddress: client.replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*$/, ''), serverPort };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Another user's, or gone: nothing to learn from it.
    return '';
  }
}

/** Does the policy let this client reach the port that its session came in by? */
export function keepsSession(policy: Policy, { clientAddress, serverPort }: SshSession): boolean {
  if (policy.webPorts.includes(serverPort)) return true;
  const ports = [...(policy.ssh === undefined ? [] : [policy.ssh]), ...policy.extra];
  return ports.some(
    ({ protocol, port, from }) =>
      protocol === 'tcp' && port === serverPort && includesAddress(from, clientAddress),
  );
}
