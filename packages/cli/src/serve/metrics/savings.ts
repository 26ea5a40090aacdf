// What caches and compression have saved, and what limits shared through Redis make of it. Labels are names of the
// configuration, and codings.
import type { CountTable, ProcessFigures, Totals } from '../figures/figures.ts';
import { counter, gauge, type Family, type Sample } from './family.ts';

export function savingFamilies(totals: Totals, processes: readonly ProcessFigures[]): readonly Family[] {
  return [
    ...cacheFamilies(totals, processes),
    ...codingFamilies(totals),
    ...redisFamilies(totals, processes),
  ];
}

const OUTCOMES = new Map([
  ['hits', 'hit'],
  ['staleHits', 'stale'],
  ['errorHits', 'error'],
  ['collapsed', 'collapsed'],
  ['misses', 'miss'],
  ['passed', 'bypass'],
]);
const WAITS = new Map([
  ['waitedInVain', 'in-vain'],
  ['tooManyWaiting', 'too-many'],
]);
const LOSSES = new Map([
  ['evictions', 'evicted'],
  ['noRoom', 'no-room'],
  ['diskErrors', 'disk-error'],
]);

function cacheFamilies({ caches }: Totals, processes: readonly ProcessFigures[]): readonly Family[] {
  const kept = processes.flatMap(({ report }) => report.front.caches);
  const now = (
    what: 'entries' | 'bytes' | 'limitBytes' | 'diskBytes' | 'diskLimitBytes' | 'waiting',
  ): Sample[] =>
    [...new Set(kept.map(({ name }) => name))].map((name) => ({
      labels: { cache: name },
      value: kept.reduce((sum, cache) => (cache.name === name ? sum + cache[what] : sum), 0),
    }));
  return [
    counter(
      'tollgate_cache_requests',
      'Requests to a cached route: hit, stale (while it was fetched anew), error (in place of one), collapsed (came with what another client asked for), miss (the target was asked), bypass (no matter of the cache).',
      samplesOf(caches, 'cache', 'outcome', OUTCOMES),
    ),
    counter(
      'tollgate_cache_validations',
      'Misses to which the target said that what is kept still holds.',
      samplesOf(caches, 'cache', undefined, new Map([['validated', '']])),
    ),
    counter(
      'tollgate_cache_waits_failed',
      'Clients that waited for another client in vain, or could not because too many did.',
      samplesOf(caches, 'cache', 'reason', WAITS),
    ),
    counter(
      'tollgate_cache_losses',
      'Answers that were pushed out for others, found no room, or were refused by the disk.',
      samplesOf(caches, 'cache', 'reason', LOSSES),
    ),
    gauge('tollgate_cache_entries', 'Answers that are kept now.', now('entries')),
    gauge('tollgate_cache_bytes', 'Memory that they take.', now('bytes')),
    gauge('tollgate_cache_bytes_max', 'Memory that they may take.', now('limitBytes')),
    gauge('tollgate_cache_disk_bytes', 'Bytes of bodies in files.', now('diskBytes')),
    gauge('tollgate_cache_disk_bytes_max', 'Bytes that they may take.', now('diskLimitBytes')),
    gauge('tollgate_cache_waiting', 'Clients that wait now for what another has asked for.', now('waiting')),
  ];
}

const DIRECTIONS = new Map([
  ['bytesIn', 'in'],
  ['bytesOut', 'out'],
]);

function codingFamilies({ compression }: Totals): readonly Family[] {
  return [
    counter(
      'tollgate_compressed_answers',
      'Answers that were compressed on their way.',
      samplesOf(compression, 'coding', undefined, new Map([['answers', '']])),
    ),
    counter(
      'tollgate_compression_bytes',
      'Bytes of answers that were compressed on their way: in before it, out after it.',
      samplesOf(compression, 'coding', 'direction', DIRECTIONS),
    ),
  ];
}

const ANSWERS = new Map([
  ['answered', 'answered'],
  ['unanswered', 'unanswered'],
  ['unasked', 'unasked'],
]);

function redisFamilies({ redis }: Totals, processes: readonly ProcessFigures[]): readonly Family[] {
  const links = processes.flatMap(({ report }) => report.front.redis);
  const up = [...new Set(links.map(({ server }) => server))].map((server) => ({
    labels: { server },
    value: links.every((link) => link.server !== server || link.state === 'present') ? 1 : 0,
  }));
  return [
    gauge('tollgate_redis_up', '1 while every process shares its limits through this Redis.', up),
    counter(
      'tollgate_redis_questions',
      'Questions about shared limits: answered, unanswered (too late, or an error), unasked (it was away).',
      samplesOf(redis, 'server', 'outcome', ANSWERS),
    ),
  ];
}

/** `kinds`: counts that are shown, and what the label says of each. */
function samplesOf(
  table: CountTable,
  by: string,
  kind: string | undefined,
  kinds: ReadonlyMap<string, string>,
): Sample[] {
  return Object.entries(table).flatMap(([name, counts]) =>
    [...kinds].map(([what, told]) => ({
      labels: { [by]: name, ...(kind !== undefined && { [kind]: told }) },
      value: counts[what] ?? 0,
    })),
  );
}
