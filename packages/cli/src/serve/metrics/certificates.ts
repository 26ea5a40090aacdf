// Certificates, from files and ordered ones: when each ends, and how often one could not be had. What an alert is made of. Pure.
import type { FrontStatus } from '@tollgate/proxy';
import type { OrderedStatus } from '../ordered-certificates.ts';
import { gauge, type Family, type Sample } from './family.ts';

const MS_PER_SECOND = 1000;

/** The label is the first host, which the configuration names: no client has a say in it. */
export function certificateFamilies(
  ordered: OrderedStatus | null,
  fronts: readonly Pick<FrontStatus, 'certificates'>[],
): readonly Family[] {
  const ends = gauge(
    'tollgate_certificate_expiry_timestamp_seconds',
    'When the certificate of the site ends, of files or ordered, in seconds since the epoch; 0: an ordered one is not there yet.',
    [...orderedEnds(ordered), ...fileEnds(fronts)],
  );
  if (ordered === null) return [ends];
  return [
    ends,
    gauge(
      'tollgate_certificate_failures',
      'Attempts to get or renew an ordered certificate that failed since the last that did not.',
      ordered.certificates.map(({ names, failures }) => ({ labels: siteLabel(names[0]), value: failures })),
    ),
  ];
}

function orderedEnds(ordered: OrderedStatus | null): readonly Sample[] {
  return (ordered?.certificates ?? []).map(({ names, expiresAt }) => ({
    labels: siteLabel(names[0]),
    value: expiresAt === null ? 0 : Date.parse(expiresAt) / MS_PER_SECOND,
  }));
}

/** A worker that kept the old one when the others took the new one is what has to be seen. */
function fileEnds(fronts: readonly Pick<FrontStatus, 'certificates'>[]): readonly Sample[] {
  const ends = new Map<string, number>();
  for (const { site, expiresAtMs } of fronts.flatMap(({ certificates }) => certificates))
    ends.set(site, Math.min(ends.get(site) ?? Number.POSITIVE_INFINITY, expiresAtMs));
  return [...ends].map(([site, ms]) => ({ labels: siteLabel(site), value: ms / MS_PER_SECOND }));
}

const siteLabel = (site = ''): Sample['labels'] => ({ site });
