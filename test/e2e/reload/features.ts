// A configuration for each round of the reload test. Every round another feature is there that was not before, or says
// something else; whatever it is, `/` answers `hello` to those who are in, and `/socket` is always the same.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writePair } from '../../support/certificate.ts';

interface Change {
  /** Keys of the route under load. */
  readonly route?: object;
  /** Keys of its upstream. */
  readonly upstream?: object;
  readonly site?: object;
  readonly root?: object;
  /** Keys of another route. */
  readonly other?: object;
}

/** `round` makes what it says differ from the last time that it was said. */
type Feature = (round: number) => Change;

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
  cors: (round) => ({ route: { cors: { origins: `https://${round}.test` } } }),
  errorPages: () => ({ site: { errorPages: { '5xx': 'users', 404: 'users' } } }),
  'maintenance of another route': () => ({ other: { maintenance: 'on' } }),
  'maintenance with exempt': (round) => ({
    route: { maintenance: { exempt: ['127.0.0.1'], retryAfter: `${1 + round}m` } },
  }),
  'allow and deny': (round) => ({ route: { allow: 'any', deny: [`192.0.2.${round}`] } }),
  rewrite: (round) => ({ route: { rewrite: [{ match: '^/$', to: `/?round=${round}` }] } }),
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
  certificate: (round) => ({ site: { tls: certificateOf(round) } }),
  'request log': (round) => ({
    root: { requestLog: { mode: round % 2 === 0 ? 'errors' : 'on', to: 'access.log' } },
  }),
  limits: (round) => ({ root: { limits: { connections: 5000 + round, headerCount: 90, h2Streams: 90 } } }),
  'connections of one address': (round) => ({ root: { limits: { connectionsPerAddress: 1000 + round } } }),
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
  for (const name of CERTIFICATES) await writePair(directory, name, [`${name}.example`]);
}

/** `servers`: two with the same answers. */
export function configOfRound(round: number, servers: readonly [string, string]): string {
  const features = Object.values(FEATURES);
  const { route, upstream, site, root, other } = features[round % features.length]?.(round) ?? {};
  const weighted = servers.map((url, at) => ({ url, weight: 1 + ((round + at) % 3) }));
  const sites = [
    {
      hosts: '*',
      tls: certificateOf(0),
      ...site,
      routes: [
        { path: '/', upstream: { servers: weighted, ...upstream }, ...route },
        { path: '/socket', upstream: servers[0] },
        { path: '/other', respond: { body: 'other' }, ...other },
      ],
    },
    { hosts: `${round}.test`, routes: [{ path: '/', respond: { body: String(round) } }] },
  ];
  const always = { listen: { https: '127.0.0.1:0' }, admin: 'unix:./admin.sock', requestLog: 'off' };
  return JSON.stringify({ ...always, ...root, sites });
}
