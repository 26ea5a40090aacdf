// The Host that a server is asked for when its configuration says `host: upstream`.
import type { UpstreamMember } from './member.ts';

export function hostOf({ server }: UpstreamMember): string {
  if (server.address.kind === 'unix') return 'localhost';
  const { host, port } = server.address;
  const name = host.includes(':') ? `[${host}]` : host;
  return port === (server.scheme === 'https' ? 443 : 80) ? name : `${name}:${port}`;
}
