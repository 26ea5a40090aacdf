// `limits`: how much one client may send or hold; every buffer and table of the front has a bound here.
import { count, mapping } from './mapping.ts';
import { size, sizeOrUnlimited } from './quantity.ts';

const body = sizeOrUnlimited('1TB').describe('Largest request body; more is refused with 413.');

export const limits = mapping('limits', {
  header: size('1KB', '1MB')
    .prefault('16KB')
    .describe('All header fields of a request together; more is 431.'),
  headerCount: count(1, 2000).prefault(100).describe('Header fields of a request; more is 431.'),
  target: size('64B', '64KB').prefault('8KB').describe('Path and query of a request; more is 414.'),
  body: body.prefault('10MB'),
  bodyRate: size('0B', '1GB')
    .prefault('500B')
    .describe(
      'Bytes a second that a client must send of a body, after its first 20 s, and take of an HTTP/2 answer; 0B: none.',
    ),
  downloadRate: size('0B', '1GB')
    .prefault('0B')
    .describe(
      'Bytes a second that a client must take on average while bytes wait for it, after 20 s of it, or its connection is reset; 0B: none. The kernel sends from a buffer of its own, in steps: keep it well below what your slowest visitors reach.',
    ),
  requestsPerConnection: count(1, 1_000_000_000)
    .prefault(1000)
    .describe('Requests on one keep-alive connection before it is closed.'),
  connections: count(1, 10_000_000)
    .prefault(20_000)
    .describe('Open client connections of one worker; more are closed at once. Needs two open files each.'),
  connectionsPerAddress: count(1, 10_000_000)
    .optional()
    .describe(
      'Open connections of one address (IPv6: of one /64) to one worker; more are closed at once. trustedProxies are not counted.',
    ),
  h2Streams: count(1, 100_000).prefault(100).describe('Concurrent HTTP/2 streams of a connection.'),
  h2HeaderList: size('1KB', '1MB').prefault('32KB').describe('Decoded HTTP/2 header list of a request.'),
  h2ResetsPer10s: count(1, 1_000_000)
    .prefault(200)
    .describe('HTTP/2 streams a client may reset in 10 s before its connection is closed (CVE-2023-44487).'),
});

/** What a route may set for itself. */
export const routeLimits = mapping('limits of a route', { body: body.optional() });
