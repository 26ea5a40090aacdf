// A site: the hosts it answers for, its certificate and its routes.
import { domainToASCII } from 'node:url';
import * as z from 'zod';
import { canonicalHost } from '../../gate/host.ts';
import { mapping, oneOrMany, text } from './mapping.ts';
import { policy } from './policy/policy.ts';
import { route } from './route.ts';
import { tls } from './tls.ts';

const EXPECTED = 'a host such as example.com, *.example.com or *';

const hosts = oneOrMany(`${EXPECTED}, or a list of them`, text(EXPECTED, siteHost)).describe(
  'Names without port. *.example.com: one more label; *: hosts that no other site has.',
);
const siteTls = tls.prefault('self-signed');
const EXPECTED_ROUTES = 'expected a list of routes';

/** Its policy is the default of its routes. */
const shape = { hosts, tls: siteTls, ...policy };

/** A site in full, for the JSON Schema. */
export const site = mapping('a site', {
  ...shape,
  routes: z.array(route).min(1, { error: EXPECTED_ROUTES }).describe('What answers which path.'),
});

/** A site whose routes are read one by one, so that a mistake in one does not hide those of another. */
export const siteFrame = mapping('a site', {
  ...shape,
  routes: z.array(z.unknown(), { error: EXPECTED_ROUTES }).min(1, { error: EXPECTED_ROUTES }),
});

export type SiteFrame = z.output<typeof siteFrame>;

/** Canonical, in ASCII: a name in another script becomes its punycode. */
function siteHost(given: string): string | undefined {
  if (given === '*') return given;
  const wildcard = given.startsWith('*.') ? '*.' : '';
  const name = given.slice(wildcard.length);
  const host = canonicalHost(isAscii(name) ? name : domainToASCII(name));
  return host === undefined || (wildcard !== '' && host.startsWith('[')) ? undefined : wildcard + host;
}

function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length;
}
