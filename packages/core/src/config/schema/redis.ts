// `redis`: the server that nodes and workers keep shared limits in.
import { canonicalAuthority } from '../../gate/host.ts';
import type { RedisServer } from '../types.ts';
import { mapping, text } from './mapping.ts';
import { path } from './path.ts';
import { duration } from './quantity.ts';

const EXPECTED =
  'a server without credentials such as redis://127.0.0.1:6379, rediss://redis.internal or unix:/run/redis.sock';

export const redis = mapping('redis', {
  server: text(EXPECTED, parseServer, hidden).describe(
    'redis://host:port, rediss://host:port (TLS, verified) or unix:/path; redis://host:port/1 for another database. One server, no cluster.',
  ),
  user: text('a user name', (given) => (/^[!-~]{1,255}$/.test(given) ? given : undefined))
    .optional()
    .describe('Of its access list (ACL); without it the default user.'),
  passwordFile: path('a file')
    .optional()
    .describe(
      'File with the password, read at each connect. The environment variable REDIS_PASSWORD comes before it.',
    ),
  ca: path('a PEM file')
    .optional()
    .describe("For rediss: a PEM file of authorities in place of the system's."),
  prefix: text('a short name of letters, digits and .:_-', (given) =>
    /^[\w.:-]{1,100}$/.test(given) ? given : undefined,
  )
    .prefault('tollgate')
    .describe('What its keys begin with: nodes with the same prefix share their limits.'),
  wait: duration()
    .prefault('50ms')
    .describe('How long its answer is waited for; no request waits unless its limit is shared: strict.'),
});

function parseServer(given: string): RedisServer | undefined {
  if (given.startsWith('unix:')) {
    const path = given.slice(5);
    const address = { kind: 'unix', path } as const;
    return path === '' ? undefined : { tls: false, address, database: 0, text: given };
  }
  const [, scheme, rest = '', database = '0'] =
    /^(rediss?):\/\/([^/@?#]+)(?:\/(\d{1,4})?)?$/.exec(given) ?? [];
  const authority = scheme === undefined ? undefined : canonicalAuthority(rest);
  if (authority === undefined) return undefined;
  const host = authority.host.replace(/^\[(.*)\]$/, '$1');
  const address = { kind: 'tcp', host, port: authority.port ?? REDIS_PORT } as const;
  return { tls: scheme === 'rediss', address, database: Number(database), text: given };
}

const REDIS_PORT = 6379;

/** Where such an address is copied from it often has the password in it. */
function hidden(given: string): string {
  return given.includes('@') ? given.replace(/^(\w+:\/\/)?.*@/, '$1***@') : given;
}
