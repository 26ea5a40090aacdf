// A configuration for each round of the reload test. Every round another feature is there that was not before, or says
// something else; whatever it is, `/` and `/in/` answer `hello` to those who are in, `/files/` has a page, and `/socket` is
// always the same.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writePair } from '../../support/certificate.ts';
import type { Places } from './places.ts';

interface Change {
  /** Keys of the routes under load. */
  readonly route?: object;
  /** Keys of their upstream. */
  readonly upstream?: object;
  readonly site?: object;
  readonly root?: object;
  /** Keys of another route. */
  readonly other?: object;
}

/** `round` makes what it says differ from the last time that it was said. */
type Feature = (round: number, places: Places) => Change;

const CERTIFICATES = ['first', 'second'] as const;
const certificateOf = (round: number): object => {
  const name = CERTIFICATES[round % 2];
  return { certificate: `${name}.pem`, key: `${name}.key` };
};

const FEATURES: Readonly<Record<string, Feature>> = {
  headers: (round) => ({
    route: { headers: { security: 'on', response: { set: { 'x-round': `${round}` } } } },
  }),
  'request headers': (round) => ({ route: { headers: { request: { set: { 'x-round': `${round}` } } } } }),
  rateLimit: (round) => ({ route: { rateLimit: { requests: 100_000 + round } } }),
  'rateLimit of the site': (round) => ({ site: { rateLimit: { requests: 100_000 + round, by: 'site' } } }),
  compress: (round) => ({ route: { compress: { minSize: `${round}B` } } }),
  cache: (round) => ({ route: { cache: { size: `${1 + round}MB`, lifetime: '20ms' } } }),
  microcache: (round) => ({ route: { microcache: `${10 + round}ms` } }),
  auth: () => ({ route: { auth: { basic: { file: 'users' } } } }),
  'cache on disk': (round) => ({
    route: {
      cache: { maxBody: '1KB', lifetime: '20ms', disk: { directory: 'kept', size: `${16 + round}MB` } },
    },
  }),
  'stale answers': (round) => ({
    route: { cache: { lifetime: '1ms', staleWhileRevalidate: `${1 + round}s`, staleIfError: '1m' } },
  }),
  'auth.forward': (round, { second }) => ({
    route: { auth: { forward: { url: `${second}/verify`, timeout: `${10 + round}s` } } },
  }),
  'rateLimit that is shared, without Redis': (round) => ({
    root: { redis: { server: 'unix:./redis.sock' } },
    route: { rateLimit: { requests: 100_000 + round, shared: 'on' } },
  }),
  cors: (round) => ({ route: { cors: { origins: `https://${round}.test` } } }),
  errorPages: () => ({ site: { errorPages: { '5xx': 'users', 404: 'users' } } }),
  'maintenance of another route': () => ({ other: { maintenance: 'on' } }),
  'maintenance with exempt': (round) => ({
    route: { maintenance: { exempt: ['127.0.0.1'], retryAfter: `${1 + round}m` } },
  }),
  'allow and deny': (round) => ({ route: { allow: 'any', deny: [`192.0.2.${round}`] } }),
  rewrite: (round) => ({ route: { rewrite: [{ match: '^/$', to: `/?round=${round}` }] } }),
  stripPrefix: () => ({ route: { stripPrefix: 'on' } }),
  tracing: () => ({ route: { tracing: 'on', serverTiming: 'on' } }),
  'limits of a route': (round) => ({ route: { limits: { body: `${1 + round}MB` } } }),
  engine: () => ({ upstream: { engine: 'http-proxy' } }),
  balance: () => ({ upstream: { balance: 'least-connections' } }),
  'balance by hash': () => ({ upstream: { balance: 'hash', hashBy: 'address' } }),
  health: (round) => ({ upstream: { health: { path: '/', interval: `${1 + round}s` } } }),
  'retries and breaker': (round) => ({ upstream: { retries: { budget: '30%' }, maxFails: 2 + round } }),
  warm: (round) => ({ upstream: { warm: 1 + (round % 4) } }),
  queue: (round) => ({ upstream: { queue: { size: 1000 + round } } }),
  slowStart: (round) => ({ upstream: { slowStart: `${1 + round}s` } }),
  'backup and maxConnections': (round, { first, second }) => ({
    upstream: {
      servers: [
        { url: first, maxConnections: 100 + round },
        { url: second, backup: 'on' },
      ],
    },
  }),
  resolve: (round, { named, second }) => ({
    upstream: { servers: [named, second], resolve: `${1 + round}s` },
  }),
  'PROXY headers to servers': (round, { proxied }) => ({
    upstream: { servers: proxied, proxyProtocol: 'v1', failWindow: `${10 + round}s` },
  }),
  'https to servers': (round, { tls }) => ({
    upstream: { servers: tls, ca: 'first.pem', serverName: 'first.example', failWindow: `${10 + round}s` },
  }),
  certificate: (round) => ({ site: { tls: certificateOf(round) } }),
  'request log': (round) => ({
    root: { requestLog: { mode: round % 2 === 0 ? 'errors' : 'on', to: 'access.log' } },
  }),
  limits: (round) => ({ root: { limits: { connections: 5000 + round, headerCount: 90, h2Streams: 90 } } }),
  'connections of one address': (round) => ({ root: { limits: { connectionsPerAddress: 1000 + round } } }),
  'least rates': (round) => ({
    root: { limits: { bodyRate: `${100 + round}B`, downloadRate: `${10 + round}B` } },
  }),
  'PROXY headers of others': (round) => ({
    root: {
      listen: { https: '127.0.0.1:0', proxyProtocol: 'on' },
      trustedProxies: [`192.0.2.${round}`],
    },
  }),
  'who reads /metrics': (round) => ({
    root: { admin: { listen: 'unix:./admin.sock', metrics: { from: `192.0.2.${round}` } } },
  }),
  timeouts: (round) => ({ root: { timeouts: { keepAlive: `${60 + round}s`, responseIdle: '50s' } } }),
  trustedProxies: (round) => ({ root: { trustedProxies: [`192.0.2.${round}`] } }),
  shedding: (round) => ({ root: { shedding: { delay: `${30 + round}s` } } }),
  listeners: () => ({ root: { listen: { https: '127.0.0.1:0', http: '127.0.0.1:0' } } }),
  breaker: () => ({ upstream: { breaker: { share: '60%' }, failWindow: '5s' } }),
};

/** Who is in: where a password is asked for, `in:secret` (bcrypt, cost 4). */
export const AUTHORIZATION = `Basic ${Buffer.from('in:secret').toString('base64')}`;
const USERS = 'in:$2y$04$VZBLIH0wi0Iv..hi4YMkd.jUUmnRrcJKdErSyjV0LVxVQbfM2x5AK\n';

/** What the configurations name. */
export async function writeNamedFiles(directory: string): Promise<void> {
  writeFileSync(join(directory, 'users'), USERS);
  mkdirSync(join(directory, 'files'));
  writeFileSync(join(directory, 'files/page.html'), 'a page '.repeat(20_000));
  for (const name of CERTIFICATES) await writePair(directory, name, [`${name}.example`]);
}

export function configOfRound(round: number, places: Places): string {
  const features = Object.values(FEATURES);
  const { route, upstream, site, root, other } = features[round % features.length]?.(round, places) ?? {};
  const weighted = [places.first, places.second].map((url, at) => ({ url, weight: 1 + ((round + at) % 3) }));
  const sites = [
    {
      hosts: '*',
      tls: certificateOf(0),
      ...site,
      routes: [
        ...['/', '/in/'].map((path) => ({ path, upstream: { servers: weighted, ...upstream }, ...route })),
        { path: '/files/', files: 'files' },
        { path: '/socket', upstream: places.first },
        { path: '/other', respond: { body: 'other' }, ...other },
      ],
    },
    { hosts: `${round}.test`, routes: [{ path: '/', respond: { body: String(round) } }] },
  ];
  const always = { listen: { https: '127.0.0.1:0' }, admin: 'unix:./admin.sock', requestLog: 'off' };
  return JSON.stringify({ ...always, ...root, sites });
}
