// `admin`: how the process is looked at and steered, and who else may read its numbers.
import * as z from 'zod';
import { canonicalHost } from '../../gate/host.ts';
import { isTrustEntry, UNIX_PEER } from '../../headers/trust.ts';
import type { AdminConfig } from '../types.ts';
import { addressOr, EXPECTED } from './listen.ts';
import { mapping, oneOrMany, text } from './mapping.ts';

/** What a port alone means here: nobody opens this listener to a network by leaving something out. */
const LOOPBACK = '127.0.0.1';

const address = addressOr(EXPECTED, LOOPBACK);

const EXPECTED_READERS = 'an IP address or a CIDR';
const readers = text(EXPECTED_READERS, (given) =>
  given !== UNIX_PEER && isTrustEntry(given) ? given : undefined,
);
const EXPECTED_NAME = 'a host name such as web1.internal';

const metrics = mapping('who else reads /metrics', {
  from: oneOrMany(`${EXPECTED_READERS}, or a list of them`, readers).describe(
    'Addresses and CIDRs, such as that of Prometheus. Everything else stays this machine’s.',
  ),
  hosts: oneOrMany(`${EXPECTED_NAME}, or a list of them`, text(EXPECTED_NAME, canonicalHost))
    .optional()
    .describe(
      'Names by which they ask, without port; an IP address always does. Any other name is refused, for a web page could have made it point here (DNS rebinding).',
    ),
});

const fields = mapping('an admin listener', {
  listen: address.describe(
    'A port (of 127.0.0.1), address:port, [::1]:9901, unix:/path or systemd:NAME. Programs of this machine may POST /reload, /request-log, /layers and /purge, which makes caches forget {"address": URL}, {"prefix": URL} or {"everything": true}: `curl -H "content-type: application/json" -d \'{"prefix": "https://example.com/news/"}\' http://127.0.0.1:9901/purge`. Other machines get /healthz and /readyz, and those of metrics /metrics.',
  ),
  metrics: metrics.optional().describe('Who besides this machine reads /metrics; without it nobody does.'),
});

export const admin = z
  .union(
    [
      address.transform((given): AdminConfig => ({ address: given, metrics: undefined })),
      z.literal('off').transform(() => undefined),
      fields.transform(({ listen, metrics: who }): AdminConfig => ({
        address: listen,
        metrics: who && { from: who.from, hosts: who.hosts ?? [] },
      })),
    ],
    { error: `expected ${EXPECTED}, off, or a mapping such as { listen: 9901 }` },
  )
  .describe(
    'Where the live page (/), /metrics, /status, /healthz and /readyz answer, and programs of this machine give orders: a port of 127.0.0.1, an address, or a mapping. Without this key there is no such listener, and `tollgate status` and `tollgate reload` have nobody to ask.',
  );
