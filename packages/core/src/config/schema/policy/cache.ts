// `cache` and `microcache`: answers kept in memory for all clients of a route.
import * as z from 'zod';
import { count, mapping, toggle, word } from '../mapping.ts';
import { path } from '../path.ts';
import { duration, size } from '../quantity.ts';

const disk = mapping('a disk', {
  directory: path('a directory').describe(
    'Made at the start if it is not there; its files have no names, and are gone with the process.',
  ),
  size: size('16MB', '16TB').prefault('1GB').describe('Bytes on the disk, of each worker.'),
  maxBody: size('1KB', '1TB')
    .prefault('100MB')
    .describe('Larger answers are passed on and not kept; never more than a quarter of size.'),
});

const fields = mapping('a cache', {
  size: size('1MB', '1TB')
    .prefault('64MB')
    .describe(
      'Memory for kept answers, of each worker. A site’s cache is one for all its routes that have none of their own.',
    ),
  maxBody: size('1KB', '1GB')
    .prefault('1MB')
    .describe('Larger answers are passed on and not kept; never more than a quarter of size.'),
  disk: disk
    .optional()
    .describe(
      'Keep answers that are larger than maxBody, and say how long they are, in files. A disk that is full or broken costs no answer.',
    ),
  lifetime: duration()
    .optional()
    .describe(
      'How long answers are kept that do not say it themselves; without it they are not kept. Not for clients with a cookie (see cookies) or Authorization, nor for answers with Set-Cookie.',
    ),
  heuristic: toggle
    .prefault(false)
    .describe(
      'on: answers that do not say how long are kept for a tenth of their age by Last-Modified, a day at most.',
    ),
  cookies: word('bypass', 'ignore')
    .prefault('bypass')
    .describe(
      'Whether a request with Cookie gets an answer that is kept by lifetime or heuristic. ignore: only where no page depends on who is logged in.',
    ),
  staleWhileRevalidate: duration()
    .optional()
    .describe(
      'How long a stale answer is used while it is fetched anew, where the answer itself says nothing of it.',
    ),
  staleIfError: duration()
    .optional()
    .describe('How long a stale answer is used when its target fails, where the answer says nothing of it.'),
  wait: duration()
    .prefault('5s')
    .describe(
      'How long a client waits for what another client has asked for before it asks the target itself.',
    ),
  waiting: count(0, 100_000)
    .prefault(1000)
    .describe('Clients that wait for one answer; more ask the target themselves.'),
  clientDirectives: word('ignore', 'obey')
    .prefault('ignore')
    .describe(
      'Whether Cache-Control of a request counts. ignore: no client can make the target work by reloading.',
    ),
  cacheStatus: toggle
    .prefault(true)
    .describe('Cache-Status (RFC 9211) in each answer: whether it came from the cache, and why not.'),
});

/** What `on` means, and what `microcache` alone begins with. */
export const CACHE_ON = fields.parse({});

export const cache = {
  cache: z
    .union([fields, toggle.transform((on) => (on ? { ...CACHE_ON } : ('off' as const)))], {
      error: 'expected on, off, or a mapping such as { size: 64MB, staleIfError: 1h }',
    })
    .optional()
    .describe(
      'Keep answers for all clients, as Cache-Control allows it (RFC 9111); many who ask for the same at once are one request to the target. The key is scheme, host, path and query; answers with Set-Cookie, private or no-store are never kept. POST /purge on the admin listener makes caches forget, see `admin.listen`.',
    ),
  microcache: duration()
    .optional()
    .describe(
      'The lifetime of a cache, in short: answers that do not say how long are kept for this long, such as 1s. Saves a page in demand from its visitors.',
    ),
};
