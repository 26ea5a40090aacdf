// `allow` and `deny`: which clients may ask at all.
import { isTrustEntry } from '../../../headers/trust.ts';
import { oneOrMany, text } from '../mapping.ts';

const EXPECTED = 'any, unix, an IP address or a CIDR';

/** Of the client itself, as far as trusted proxies vouch for it. */
export const clients = oneOrMany(
  `${EXPECTED}, or a list of them`,
  text(EXPECTED, (given) => (given === 'any' || isTrustEntry(given) ? given : undefined)),
);

export const access = {
  allow: clients
    .optional()
    .describe('Only these clients are served, others get 403: addresses, CIDRs, unix, any.'),
  deny: clients.optional().describe('These clients get 403, whatever allow says.'),
};
