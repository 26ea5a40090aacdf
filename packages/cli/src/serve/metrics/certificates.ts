// Ordered certificates: when each ends, and how often it could not be had. What an alert is made of. Pure.
import type { OrderedStatus } from '../ordered-certificates.ts';
import { gauge, type Family } from './family.ts';

const MS_PER_SECOND = 1000;

/** The label is the first host, which the configuration names: no client has a say in it. */
export function certificateFamilies(ordered: OrderedStatus | null): readonly Family[] {
  if (ordered === null) return [];
  const samples = ordered.certificates.map(({ names, expiresAt, failures }) => ({
    labels: { site: names[0] ?? '' },
    expiresAt,
    failures,
  }));
  return [
    gauge(
      'tollgate_certificate_expiry_timestamp_seconds',
      'When an ordered certificate ends, in seconds since the epoch; 0: there is none yet.',
      samples.map(({ labels, expiresAt }) => ({
        labels,
        value: expiresAt === null ? 0 : Date.parse(expiresAt) / MS_PER_SECOND,
      })),
    ),
    gauge(
      'tollgate_certificate_failures',
      'Attempts to get or renew an ordered certificate that failed since the last that did not.',
      samples.map(({ labels, failures }) => ({ labels, value: failures })),
    ),
  ];
}
