// The caches in `tollgate status`: a line each. Pure.
import type { FrontStatus } from '@tollgate/proxy';

export function cachesText({ caches }: FrontStatus): string[] {
  return caches.map((cache) => `    cache         ${cache.name} ${facts(cache).join(', ')}`);
}

function facts(cache: FrontStatus['caches'][number]): string[] {
  const { entries, bytes, limitBytes, hits, staleHits, errorHits, collapsed, misses, validated } = cache;
  const { evictions, noRoom, waiting, waitedInVain, tooManyWaiting } = cache;
  const { diskFiles, diskBytes, diskLimitBytes, diskErrors } = cache;
  const some = (count: number, what: string): string[] => (count > 0 ? [`${count} ${what}`] : []);
  return [
    `${entries} answers in ${megabytes(bytes)} of ${megabytes(limitBytes)} MB`,
    ...some(diskFiles, `on the disk in ${megabytes(diskBytes)} of ${megabytes(diskLimitBytes)} MB`),
    `${hits} hits`,
    ...some(staleHits, 'stale hits'),
    ...some(errorHits, 'in place of errors'),
    ...some(collapsed, 'by waiting'),
    `${misses} asked`,
    ...some(validated, 'of them unchanged'),
    ...some(evictions, 'pushed out'),
    ...some(noRoom, 'without room'),
    ...some(diskErrors, 'refused by the disk'),
    ...some(waiting, 'waiting now'),
    ...some(waitedInVain, 'waited in vain'),
    ...some(tooManyWaiting, 'too many to wait'),
  ];
}

const megabytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1).replace(/\.0$/, '');
