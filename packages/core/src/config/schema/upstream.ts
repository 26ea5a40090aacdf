// `upstream` of a route: a pool of servers, whose turn it is, and how to reach them.
import * as z from 'zod';
import { hasOnly, TOKEN } from '../../gate/characters.ts';
import { canonicalAuthority } from '../../gate/host.ts';
import type { Engine, HashBy, UpstreamServer } from '../types.ts';
import { count, mapping, oneOrMany, text, toggle, word } from './mapping.ts';
import { health } from './health.ts';
import { path } from './path.ts';
import { duration, share } from './quantity.ts';

/** The engine of routes that name none. */
const DEFAULT_ENGINE: Engine = 'wire';

const EXPECTED = 'a server such as http://127.0.0.1:3000, https://app.internal or unix:/run/app.sock';

const url = text(EXPECTED, parseServer);
const serverFields = {
  weight: count(1, 1000).prefault(1).describe("Its share of the requests, against the others'."),
  backup: toggle.prefault(false).describe('Asked only when every other server is out of use.'),
  maxConnections: count(1, 1_000_000)
    .optional()
    .describe('Requests and WebSockets under way at once, in one worker; more wait in the queue.'),
};
const serverDefaults = z.object(serverFields).parse({});
const server = z.union(
  [
    mapping('a server', {
      url: url.describe('http://host:port, https://host:port or unix:/path.'),
      ...serverFields,
    }),
    url.transform((given) => ({ url: given, ...serverDefaults })),
  ],
  { error: `expected ${EXPECTED}, or a mapping with url` },
);
const servers = oneOrMany(`${EXPECTED}, or a list of them`, server).describe(
  'Servers of the pool: http://host:port, https://host:port, unix:/path, or mappings with url.',
);

const choice = {
  balance: word('round-robin', 'least-connections', 'hash')
    .prefault('round-robin')
    .describe(
      'Whose turn it is: round-robin (by weight), least-connections, or hash (what hashBy names stays with its server).',
    ),
  hashBy: text('address, cookie NAME or header NAME', parseHashBy)
    .optional()
    .describe('For balance: hash. address (the default), cookie NAME or header NAME.'),
  slowStart: duration()
    .optional()
    .describe('How long a server that is back takes to get its whole share again.'),
  queue: mapping('the queue', {
    size: count(0, 100_000).prefault(100).describe('Requests that may wait; more are answered 503.'),
    wait: duration().prefault('5s').describe('How long one may wait before it is answered 503.'),
  })
    .prefault({})
    .describe('Who waits while every server has its maxConnections.'),
  retries: mapping('retries', {
    attempts: count(0, 10).prefault(1).describe('How often one request may be asked again.'),
    budget: share()
      .prefault('20%')
      .describe('Share of all requests that may be asked again; ten in ten seconds may in any case.'),
  })
    .prefault({})
    .describe('Only what cannot have been done, or may be done twice, is asked again, of another server.'),
  breaker: mapping('the breaker', {
    share: share()
      .prefault('50%')
      .describe('Failures and answers of 500 and above, of all answers, at which a server is left alone.'),
    over: duration().prefault('10s').describe('The time they are counted over.'),
    least: count(1, 1_000_000)
      .prefault(20)
      .describe('Answers in that time below which nothing is concluded.'),
  })
    .optional()
    .describe('Leaves a server alone that answers with too many errors; off without this key.'),
};

const reach = {
  health: health
    .optional()
    .describe('Asks each server whether it is well: a path, or a mapping. Each worker asks for itself.'),
  resolve: duration()
    .optional()
    .describe('Looks names up so often and takes each of their addresses as a server of its own.'),
  engine: word('http-proxy', 'wire')
    .prefault(DEFAULT_ENGINE)
    .describe('How it is reached: wire (the lean data path) or http-proxy (the Fastify plugin).'),
  maxFails: count(1, 1000)
    .prefault(3)
    .describe('Failures in a row after which a server is left alone; the only one is asked all the same.'),
  failWindow: duration().prefault('10s').describe('How long it is left alone.'),
  keepAliveSockets: count(0, 100_000).prefault(256).describe('Idle connections kept for each server.'),
  warm: count(0, 1000)
    .prefault(0)
    .describe('Idle connections made ahead of need to a server that is being asked.'),
  proxyProtocol: word('v1', 'v2')
    .optional()
    .describe(
      'Tells the server its client by a PROXY header; each request has a connection of its own then.',
    ),
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

const defaults = z.object({ ...choice, ...reach }).parse({});

/** A mapping, or only its servers. */
export const upstream = z.union(
  [
    mapping('an upstream', { servers, ...choice, ...reach }),
    servers.transform((list) => ({ ...defaults, servers: list })),
  ],
  { error: `expected ${EXPECTED}, a list of them, or a mapping with servers` },
);

/** Header names are compared without their case, cookies' names with it (RFC 6265). */
function parseHashBy(given: string): HashBy | undefined {
  if (given === 'address') return { from: 'address' };
  const [, from, name = ''] = /^(cookie|header) +(\S+)$/.exec(given) ?? [];
  if (!hasOnly(TOKEN, name)) return undefined;
  if (from === 'cookie') return { from, name };
  return from === 'header' ? { from, name: name.toLowerCase() } : undefined;
}

/** A server's place, before its share and its bounds. */
type Place = Pick<UpstreamServer, 'scheme' | 'address' | 'text'>;

function parseServer(given: string): Place | undefined {
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
