// `upstream` of a route: a pool of servers and how to reach them.
import * as z from 'zod';
import { canonicalAuthority } from '../../gate/host.ts';
import type { Engine, UpstreamServer } from '../types.ts';
import { count, mapping, oneOrMany, text, word } from './mapping.ts';
import { path } from './path.ts';
import { duration } from './quantity.ts';

/** The engine of routes that name none. */
const DEFAULT_ENGINE: Engine = 'wire';

const EXPECTED = 'a server such as http://127.0.0.1:3000, https://app.internal or unix:/run/app.sock';

const server = text(EXPECTED, parseServer);
const servers = oneOrMany(`${EXPECTED}, or a list of them`, server).describe(
  'Servers of the pool, taken in turn: http://host:port, https://host:port, unix:/path.',
);

const reach = {
  engine: word('http-proxy', 'wire')
    .prefault(DEFAULT_ENGINE)
    .describe('How it is reached: wire (the lean data path) or http-proxy (the Fastify plugin).'),
  maxFails: count(1, 1000).prefault(3).describe('Failures in a row after which a server is left alone.'),
  failWindow: duration().prefault('10s').describe('How long it is left alone.'),
  keepAliveSockets: count(0, 100_000).prefault(64).describe('Idle connections kept for each server.'),
  ca: path('a PEM file')
    .optional()
    .describe("For https servers: a PEM file of authorities in place of the system's."),
  serverName: text('a host name', (given) => canonicalAuthority(given)?.host)
    .optional()
    .describe("For https servers: the name that is verified and sent as SNI, in place of the server's host."),
  host: word('client', 'upstream')
    .prefault('client')
    .describe("Host as the client sent it, or the server's own."),
};

const defaults = z.object(reach).parse({});

/** A mapping, or only its servers. */
export const upstream = z.union(
  [
    mapping('an upstream', { servers, ...reach }),
    servers.transform((list) => ({ ...defaults, servers: list })),
  ],
  { error: `expected ${EXPECTED}, a list of them, or a mapping with servers` },
);

function parseServer(given: string): UpstreamServer | undefined {
  if (given.startsWith('unix:')) {
    const path = given.slice(5);
    return path === '' ? undefined : { scheme: 'http', address: { kind: 'unix', path }, text: given };
  }
  const [, scheme, rest] = /^(https?):\/\/([^/]+)\/?$/.exec(given) ?? [];
  const authority = rest === undefined ? undefined : canonicalAuthority(rest);
  if (authority === undefined || (scheme !== 'http' && scheme !== 'https')) return undefined;
  const host = authority.host.replace(/^\[(.*)\]$/, '$1');
  const port = authority.port ?? (scheme === 'https' ? 443 : 80);
  return { scheme, address: { kind: 'tcp', host, port }, text: given };
}
