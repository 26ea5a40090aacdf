// The whole configuration: one line for each section.
import * as z from 'zod';
import { isTrustEntry } from '../../headers/trust.ts';
import { acme } from './acme.ts';
import { admin } from './admin.ts';
import { firewall } from './firewall.ts';
import { limits } from './limits.ts';
import { listen } from './listen.ts';
import { count, mapping, text, word } from './mapping.ts';
import { path } from './path.ts';
import { redis } from './redis.ts';
import { requestLog } from './request-log.ts';
import { shedding } from './shedding.ts';
import { site } from './site.ts';
import { timeouts } from './timeouts.ts';

export const workers = z.union([word('auto'), count(1, 1024)], {
  error: 'expected auto or a whole number from 1 to 1024',
});
export const logLevel = word('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent');

const EXPECTED_PROXIES = 'expected a list of IP addresses, CIDRs or unix';
const trustedProxies = z.array(
  text('an IP address, a CIDR or unix', (given) => (isTrustEntry(given) ? given : undefined)),
  { error: EXPECTED_PROXIES },
);

const EXPECTED_SITES = 'expected a list of sites';

const shape = {
  listen: listen.prefault({ https: 443, http: 80 }).describe('Where connections come in.'),
  admin: admin.optional(),
  acme: acme.optional().describe('Where certificates of `tls: acme` come from (RFC 8555).'),
  workers: workers.prefault(1).describe('Processes: a number, or auto for one per CPU.'),
  trustedProxies: trustedProxies
    .prefault([])
    .describe('Peers whose X-Forwarded-* fields are believed; unix stands for peers of unix sockets.'),
  logLevel: logLevel.prefault('info').describe('Least level of the event log.'),
  requestLog: requestLog.prefault('on').describe('One line a request: a mode, or a mapping.'),
  stateDirectory: path('a directory')
    .optional()
    .describe('Where certificates made here are kept: $STATE_DIRECTORY, else .tollgate beside this file.'),
  shedding: shedding
    .prefault('off')
    .describe(
      '503 with Retry-After for a share of the requests while the event loop is late: on, off, or a mapping.',
    ),
  redis: redis
    .optional()
    .describe('Where limits are kept that several nodes, or the workers of one, share (rateLimit.shared).'),
  limits: limits.prefault({}).describe('How much one client may send or hold.'),
  timeouts: timeouts.prefault({}).describe('How long each step may take.'),
  firewall: firewall.prefault({}).describe('What the ruleset of the machine is made from.'),
};

/** The configuration in full, for the JSON Schema. */
export const root = mapping('a configuration', {
  ...shape,
  sites: z
    .array(site)
    .min(1, { error: EXPECTED_SITES })
    .describe('The sites, each with its hosts and routes.'),
});

/** The configuration whose sites are read one by one, so that a mistake in one does not hide those of another. */
export const rootFrame = mapping('a configuration', {
  ...shape,
  sites: z.array(z.unknown(), { error: EXPECTED_SITES }).min(1, { error: EXPECTED_SITES }),
});

export type RootFrame = z.output<typeof rootFrame>;
